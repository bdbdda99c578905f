/// Symmetric int8 quantisation of one weight row, to the last bit.
///
/// `s = max|v| / 127`; `q = clamp(rint(v / s), -127, 127)`, ties to even; a row whose scale is 0
/// becomes zeros. Every operation is rounded once: no reciprocal, no contraction.
package enum WeightQuantizer {
    /// Quantises a row.
    ///
    /// - Parameters:
    ///   - row: the output channel's weights, `[K]`.
    ///   - values: where the K integers go.
    /// - Returns: the row's scale, or nil without a result if a weight is NaN or infinite.
    package static func quantize(
        _ row: UnsafeBufferPointer<Float>, into values: UnsafeMutablePointer<Int8>
    ) -> Float? {
        guard let maximum = finiteMagnitude(of: row) else { return nil }
        let scale = maximum / 127
        guard scale != 0 else {
            values.update(repeating: 0, count: row.count)
            return 0
        }
        for index in row.indices {
            // The clamp acts where the scale is subnormal; it may come before the rounding since
            // its bounds are integers. Adding 1.5 · 2^23 then rounds half to even and leaves the
            // integer in the low bits.
            var value = row[index] / scale
            value = value < -127 ? -127 : value
            value = value > 127 ? 127 : value
            values[index] = Int8(truncatingIfNeeded: (value + 12_582_912).bitPattern)
        }
        return scale
    }

    /// The greatest magnitude of a row, 0 for an empty one; nil if one is NaN or infinite.
    package static func finiteMagnitude(of row: UnsafeBufferPointer<Float>) -> Float? {
        // Magnitudes order as their bits do, with infinity and then NaN above every number.
        var maximum: UInt32 = 0
        for value in row {
            let magnitude = value.bitPattern & 0x7FFF_FFFF
            maximum = magnitude > maximum ? magnitude : maximum
        }
        return maximum < Float.infinity.bitPattern ? Float(bitPattern: maximum) : nil
    }
}
