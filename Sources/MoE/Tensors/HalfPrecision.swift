/// A 16-bit float as a checkpoint stores it; it widens to `Float` exactly.
public protocol HalfPrecision: BitwiseCopyable, Hashable, Sendable {
    /// The sixteen bits.
    var bitPattern: UInt16 { get }
    /// The value of sixteen bits.
    init(bitPattern: UInt16)
    /// The same value as a `Float`; subnormals, infinities and NaN included.
    var widened: Float { get }
}

/// An IEEE binary16 value.
///
/// Not Swift's `Float16`, which Intel Macs lack and which converts by a call an element where
/// the instruction set does not have it.
public struct Half: HalfPrecision {
    /// The sixteen bits: sign, 5 exponent bits, 10 mantissa bits.
    public var bitPattern: UInt16

    /// The value of sixteen bits.
    public init(bitPattern: UInt16) {
        self.bitPattern = bitPattern
    }

    /// The same value as a `Float`.
    public var widened: Float {
        let sign = UInt32(bitPattern & 0x8000) << 16
        let magnitude = UInt32(bitPattern & 0x7FFF) << 13
        if magnitude >= 0x7C00 << 13 {
            return Float(bitPattern: sign | 0x7F80_0000 | magnitude)
        }
        // The exponent's bias moves from 15 to 127 by an exact product with 2^112, which also
        // makes normal numbers of subnormal ones.
        let value = Float(bitPattern: magnitude) * Float(bitPattern: UInt32(127 + 112) << 23)
        return Float(bitPattern: sign | value.bitPattern)
    }
}

/// A bfloat16 value: the upper half of a `Float`.
public struct BFloat16: HalfPrecision {
    /// The sixteen bits: sign, 8 exponent bits, 7 mantissa bits.
    public var bitPattern: UInt16

    /// The value of sixteen bits.
    public init(bitPattern: UInt16) {
        self.bitPattern = bitPattern
    }

    /// The same value as a `Float`.
    public var widened: Float {
        Float(bitPattern: UInt32(bitPattern) << 16)
    }
}
