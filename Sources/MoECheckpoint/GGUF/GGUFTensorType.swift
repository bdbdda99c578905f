internal import MoE

/// A type of a GGUF file's tensors.
struct GGUFTensorType: Sendable {
    /// What ggml calls it.
    let name: String
    /// Elements of a block.
    let blockSize: Int
    /// Bytes of a block.
    let blockByteCount: Int
    /// What the elements are read as; nil for a type that is not read.
    let elementType: ElementType?

    /// The type of a number in a file; nil for one that no version of ggml has.
    init?(_ number: UInt32) {
        guard let known = Self.known[number] else { return nil }
        (name, blockSize, blockByteCount) = known
        elementType =
            switch number {
            case 0: .f32
            case 1: .f16
            case 30: .bf16
            case 26: .i32
            case 8, 39: .u8
            default: nil
            }
    }

    /// Whether it is Q8_0 or MXFP4, whose blocks a tensor shows as bytes.
    var isBlocked: Bool { elementType == .u8 }

    /// Name, elements of a block and its bytes, by the number in a file.
    private static let known: [UInt32: (String, Int, Int)] = [
        0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20),
        6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 40),
        10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144),
        13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
        16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98),
        19: ("IQ1_S", 256, 50), 20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110),
        22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136), 24: ("I8", 1, 1), 25: ("I16", 1, 2),
        26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8), 29: ("IQ1_M", 256, 56),
        30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66),
        39: ("MXFP4", 32, 17), 40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18),
    ]
}
