internal import MoE

/// Tensors of the new checkpoint that are made together, from one part of the old one.
struct OutputPiece: Sendable {
    /// How they are made.
    enum Work: Sendable {
        /// The bytes of a tensor, as they are.
        case copy
        /// int8 and scales of a matrix, or of the two whose rows it holds.
        case quantize(MatrixSlice, ExpertForm.RowOrder)
        /// The elements of a vector as they are, or of the two that it holds.
        case divide(MatrixSlice, ExpertForm.RowOrder)
        /// The weights of a quantised matrix, rounded to BF16.
        case widen(MatrixSlice)
    }

    /// How the tensors are made.
    let work: Work
    /// The tensor that is read.
    let source: String
    /// How many bytes of it.
    let sourceByteCount: Int
    /// The tensors; of a matrix that is quantised, what the format has, weight first.
    let tensors: [SafetensorsWriter.Declaration]

    /// Whether the tensors are int8 weights and what belongs to them.
    var isQuantized: Bool {
        if case .quantize = work { true } else { false }
    }

    /// How many weights of linear layers become int8.
    var quantizedCount: Int { isQuantized ? tensors.count { $0.type == .i8 } : 0 }

    /// How many bytes the tensors take.
    var byteCount: Int {
        // Their sizes are those of tensors that exist, or smaller.
        tensors.reduce(0) { $0 + (Tensor.byteCount(type: $1.type, shape: $1.shape) ?? 0) }
    }
}
