package import MoE

/// A float of 8 bits or fewer as a table: what each code stands for, exactly.
package enum SmallFloat: Sendable {
    /// 4 exponent bits of bias 7, 3 mantissa bits; no infinity, greatest 448.
    case e4m3
    /// 5 exponent bits of bias 15, 2 mantissa bits, with infinities; greatest 57344.
    case e5m2
    /// 4 exponent bits of bias 8, 3 mantissa bits; the code of -0 is NaN; greatest 240.
    case e4m3fnuz
    /// 5 exponent bits of bias 16, 2 mantissa bits; the code of -0 is NaN; greatest 57344.
    case e5m2fnuz
    /// A power of two, `2^(code - 127)`; 0xFF is NaN.
    case e8m0
    /// 4 bits: 2 exponent bits of bias 1, 1 mantissa bit; the upper half of the code is ignored.
    case e2m1

    /// The small float that a container stores an element a byte of; nil for every other type.
    package init?(_ type: ElementType) {
        switch type {
        case .f8e4m3: self = .e4m3
        case .f8e5m2: self = .e5m2
        case .f8e4m3fnuz: self = .e4m3fnuz
        case .f8e5m2fnuz: self = .e5m2fnuz
        case .f8e8m0: self = .e8m0
        default: return nil
        }
    }

    /// The value of every code, `[256]`.
    package var values: [Float] { (0...UInt8.max).map(value) }

    /// The value of a code.
    package func value(_ code: UInt8) -> Float {
        switch self {
        case .e4m3: signed(code, mantissa: 3, bias: 7) { $0 == 0x7F ? .nan : $1 }
        case .e5m2:
            signed(code, mantissa: 2, bias: 15) {
                $0 < 0x7C ? $1 : $0 == 0x7C ? .infinity : .nan
            }
        case .e4m3fnuz: code == 0x80 ? .nan : signed(code, mantissa: 3, bias: 8) { $1 }
        case .e5m2fnuz: code == 0x80 ? .nan : signed(code, mantissa: 2, bias: 16) { $1 }
        case .e8m0:
            // The least is a subnormal, which no exponent field of a `Float` says.
            code == 0xFF ? .nan : code == 0 ? 0x1p-127 : Float(bitPattern: UInt32(code) << 23)
        case .e2m1: signed((code & 8) << 4 | code & 7, mantissa: 1, bias: 1) { $1 }
        }
    }

    /// Sign, exponent and mantissa of a byte moved to where a `Float` has them; an exact product
    /// then moves the bias, and makes normal numbers of subnormal ones.
    private func signed(
        _ code: UInt8, mantissa: Int, bias: Int, special: (UInt8, Float) -> Float
    ) -> Float {
        let magnitude = code & 0x7F
        let factor = Float(bitPattern: UInt32(127 + 127 - bias) << 23)
        let value = Float(bitPattern: UInt32(magnitude) << UInt32(23 - mantissa)) * factor
        let result = special(magnitude, value)
        return code & 0x80 == 0 ? result : -result
    }
}
