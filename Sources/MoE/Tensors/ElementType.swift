/// The element types a tensor may have, spelled as safetensors spells them.
public enum ElementType: String, CaseIterable, Sendable {
    /// One byte a value, 0 or 1.
    case bool = "BOOL"
    /// Unsigned 8-bit integers.
    case u8 = "U8"
    /// Signed 8-bit integers.
    case i8 = "I8"
    /// 8-bit floats with 5 exponent and 2 mantissa bits.
    case f8e5m2 = "F8_E5M2"
    /// 8-bit floats with 4 exponent and 3 mantissa bits, no infinity.
    case f8e4m3 = "F8_E4M3"
    /// 8-bit powers of two.
    case f8e8m0 = "F8_E8M0"
    /// 8-bit floats of the E4M3 kind without a negative zero.
    case f8e4m3fnuz = "F8_E4M3FNUZ"
    /// 8-bit floats of the E5M2 kind without a negative zero.
    case f8e5m2fnuz = "F8_E5M2FNUZ"
    /// 4-bit floats, two a byte.
    case f4 = "F4"
    /// 6-bit floats with 2 exponent and 3 mantissa bits.
    case f6e2m3 = "F6_E2M3"
    /// 6-bit floats with 3 exponent and 2 mantissa bits.
    case f6e3m2 = "F6_E3M2"
    /// Signed 16-bit integers.
    case i16 = "I16"
    /// Unsigned 16-bit integers.
    case u16 = "U16"
    /// IEEE binary16.
    case f16 = "F16"
    /// The upper half of IEEE binary32.
    case bf16 = "BF16"
    /// Signed 32-bit integers.
    case i32 = "I32"
    /// Unsigned 32-bit integers.
    case u32 = "U32"
    /// IEEE binary32.
    case f32 = "F32"
    /// Two IEEE binary32 values.
    case c64 = "C64"
    /// IEEE binary64.
    case f64 = "F64"
    /// Signed 64-bit integers.
    case i64 = "I64"
    /// Unsigned 64-bit integers.
    case u64 = "U64"

    /// How many bits one element takes.
    public var bitWidth: Int {
        switch self {
        case .f4: 4
        case .f6e2m3, .f6e3m2: 6
        case .bool, .u8, .i8, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: 8
        case .i16, .u16, .f16, .bf16: 16
        case .i32, .u32, .f32: 32
        case .c64, .f64, .i64, .u64: 64
        }
    }
}
