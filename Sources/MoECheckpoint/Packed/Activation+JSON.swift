internal import MoE

/// Activations in a packed file's directory.
extension Activation {
    /// The activation as JSON.
    var json: JSONValue {
        switch self {
        case .swiGLU: .object(["kind": "swiglu"])
        case .clampedSwiGLU(let clamp):
            .object([
                "kind": "clamped_swiglu", "limit": .float(clamp.limit),
                "alpha": .float(clamp.alpha), "bias": .float(clamp.bias),
            ])
        case .swiGLUClampedAfter(let limit):
            .object(["kind": "swiglu_clamped_after", "limit": .float(limit)])
        case .geluTanh: .object(["kind": "gelu_tanh"])
        case .softcappedSwiGLU(let gateCap, let upCap):
            .object([
                "kind": "softcapped_swiglu", "gate_cap": .float(gateCap),
                "up_cap": .float(upCap),
            ])
        case .squaredReLU: .object(["kind": "squared_relu"])
        }
    }

    /// Reads an activation.
    init(_ reader: DirectoryReader) throws(CheckpointError) {
        switch try reader.word(
            "kind",
            of: [
                ("swiglu", 0), ("clamped_swiglu", 1), ("swiglu_clamped_after", 2),
                ("gelu_tanh", 3), ("softcapped_swiglu", 4), ("squared_relu", 5),
            ])
        {
        case 1:
            self = .clampedSwiGLU(
                ClampedSwiGLU(
                    limit: try reader.float("limit"), alpha: try reader.float("alpha"),
                    bias: try reader.float("bias")))
        case 2: self = .swiGLUClampedAfter(limit: try reader.float("limit"))
        case 3: self = .geluTanh
        case 4:
            self = .softcappedSwiGLU(
                gateCap: try reader.float("gate_cap"), upCap: try reader.float("up_cap"))
        case 5: self = .squaredReLU
        default: self = .swiGLU
        }
    }
}
