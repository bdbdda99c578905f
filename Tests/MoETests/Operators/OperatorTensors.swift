import MoE

/// A tensor's form in a test of the operator's checks: its type and shape, elements given.
func tensor(
    _ type: ElementType, _ shape: [Int], filledWith byte: UInt8 = 0
) throws -> Tensor {
    let count = Tensor.byteCount(type: type, shape: shape) ?? 0
    return try Tensor(
        type: type, shape: shape, bytes: Array(repeating: byte, count: count))
}

/// F32 ones, which every check of values lets through.
func ones(_ shape: [Int]) throws -> Tensor {
    try Tensor(Array(repeating: Float(1), count: shape.reduce(1, *)), shape: shape)
}

/// A group_index of counts.
func counts(_ counts: [Int64]) throws -> Tensor {
    try Tensor(counts, shape: [counts.count])
}

/// A group_index of (id, count) rows.
func pairs(_ pairs: [[Int64]]) throws -> Tensor {
    try Tensor(pairs.flatMap(\.self), shape: [pairs.count, 2])
}

/// The error of the untyped door, or nil if it lets the call through.
func rejection(
    _ tensors: [String: Tensor], _ options: DequantSwiGLUQuantOptions = .init(quantMode: "dynamic")
) -> MoEError? {
    do throws(MoEError) {
        let call = try DequantSwiGLUQuant(tensors: tensors, options: options)
        _ = try dequantSwiGLUQuant(call)
        return nil
    } catch {
        return error
    }
}
