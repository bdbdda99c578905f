import MoE

/// What follows attention in a layer: experts, or one dense network.
enum FeedForward: Sendable {
    /// The library's block, on the block's backend.
    case experts(MoEBlock)
    /// `down(silu(gate · x) * (up · x))`.
    case dense(DenseNetwork)

    /// The block; nil for a dense network.
    var block: MoEBlock? {
        if case .experts(let block) = self { block } else { nil }
    }
}

/// A feed-forward network that every token passes.
struct DenseNetwork: Sendable {
    let gate: Linear
    let up: Linear
    let down: Linear

    /// Computes rows; the intermediate ones are written to `memory`.
    ///
    /// - Parameters:
    ///   - x: the normed hidden states, `[rows, D]`.
    ///   - rows: how many.
    ///   - memory: where the steps write.
    ///   - out: receives `[rows, D]`.
    func forward(
        _ x: UnsafePointer<Float>, rows: Int, memory: borrowing Activations,
        into out: UnsafeMutablePointer<Float>
    ) {
        let gated = memory.gate.base
        gate.apply(x, rows: rows, into: gated)
        up.apply(x, rows: rows, into: memory.up.base)
        swiGLU(gated, up: memory.up.base, count: rows * gate.outputs)
        down.apply(gated, rows: rows, into: out)
    }
}
