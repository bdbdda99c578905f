public import MoE

extension Tensor {
    /// A tensor of floats stored as F32, F16 or BF16, which must be able to hold them exactly.
    public static func floats(
        _ values: [Float], _ shape: [Int], as type: ElementType = .f32
    ) throws -> Tensor {
        switch type {
        case .bf16: try Tensor(values.map(BFloat16.init(exactly:)), shape: shape)
        case .f16: try Tensor(values.map(Half.init(exactly:)), shape: shape)
        default: try Tensor(values, shape: shape)
        }
    }
}

extension BFloat16 {
    /// The upper half of a value whose lower half is 0.
    fileprivate init(exactly value: Float) {
        self.init(bitPattern: UInt16(value.bitPattern >> 16))
        precondition(widened == value || value.isNaN, "\(value) is no bfloat16")
    }
}

extension Half {
    /// A normal binary16 value, zero, infinity or NaN.
    fileprivate init(exactly value: Float) {
        let sign = UInt16(value.sign == .minus ? 0x8000 : 0)
        let magnitude: UInt32 =
            if value.isNaN {
                0x7E00
            } else if value.isInfinite {
                0x7C00
            } else if value == 0 {
                0
            } else {
                value.magnitude.bitPattern >> 13 - (112 << 10)
            }
        self.init(bitPattern: sign | UInt16(magnitude))
        precondition(widened == value || value.isNaN, "\(value) is no binary16")
    }
}
