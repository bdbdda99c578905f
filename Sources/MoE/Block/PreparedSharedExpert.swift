/// The shared expert in its backend's form, and its gate.
final class PreparedSharedExpert: Sendable {
    let experts: PreparedExperts
    let shape: ExpertShape
    /// `[D]`: the output is multiplied by the sigmoid of x times this; nil for no gate.
    let gate: [Float]?
    /// What the output is multiplied by, beside the gate.
    let scale: Float

    init(experts: PreparedExperts, shape: ExpertShape, gate: [Float]?, scale: Float) {
        self.experts = experts
        self.shape = shape
        self.gate = gate
        self.scale = scale
    }

    /// Whether it reads the tokens' rows as int8 with a scale.
    var readsQuantizedTokens: Bool { experts.readsQuantizedTokens }

    /// Every token through the expert, as one group, times its gate and its scale.
    func forward(
        _ tokens: borrowing TokenRows, into shared: inout SharedRows, threads: Int
    ) throws(MoEError) {
        var clock = StageClock()
        shared.dispatch.sendAll(tokens: tokens.count)
        try experts.forward(
            tokens, shared.dispatch, into: &shared.rows, sum: nil, threads: threads, clock: &clock)
        guard gate != nil || scale != 1, let x = tokens.hidden else { return }
        shared.gate.resize(tokens.count)
        let factors = shared.gate.base, width = shape.hiddenSize
        factors.update(repeating: scale, count: tokens.count)
        withOptionalElements(of: gate) { gate in
            guard let gate else { return }
            for token in 0..<tokens.count {
                RowKernels.logit(
                    width: width, x: x + token * width, weight: gate, into: factors + token)
                factors[token] = sigmoid(factors[token]) * scale
            }
        }
        Combine.scale(shared.rows, by: factors, tokens: tokens.count, threads: threads)
    }
}

/// What the shared expert needs beside the routed ones.
struct SharedRows: ~Copyable {
    var dispatch = Dispatch(expertCount: 1)
    var rows: ExpertRows
    var gate = Buffer<Float>()

    init(shape: ExpertShape) {
        self.rows = ExpertRows(shape: shape)
    }
}
