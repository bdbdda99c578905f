extension DenseNetwork {
    /// The pullback at normed hidden states, `[T, D]`.
    func pullback(at x: [Float]) -> Pullback {
        let hidden = gate.outputs, gated = gate(x), raised = up(x)
        var gateUp: [Float] = []
        for start in stride(from: 0, to: gated.count, by: hidden) {
            gateUp += gated[start..<start + hidden]
            gateUp += raised[start..<start + hidden]
        }
        let activation = SwiGLUGradient(gateUp, width: hidden)
        let gateBack = gate.transposed, upBack = up.transposed, downBack = down.transposed
        return { gradient in
            let back = activation(downBack(gradient))
            return gateBack(back.columns(0..<hidden, width: 2 * hidden))
                .plus(upBack(back.columns(hidden..<2 * hidden, width: 2 * hidden)))
        }
    }
}
