internal import MoE

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
    /// - Returns: the row's scale, or nil if a weight is NaN or infinite; the integers are then 0.
    package static func quantize(
        _ row: UnsafeBufferPointer<Float>, into values: UnsafeMutablePointer<Int8>
    ) -> Float? {
        guard let first = row.baseAddress else { return 0 }
        // The library's own row quantiser; it tells a row that is not finite by its scale.
        let scale = quantizeRow(first, count: row.count, into: values)
        return scale.isFinite ? scale : nil
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
