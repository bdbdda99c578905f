import MoE

/// Computes, for one window after the other, what factors of single experts change of its predictions.
///
/// What an expert in another form adds to the stream differs by so little, δ, that gradients say what
/// comes of it. With g the gradient of the surprise at tokens drawn from the model's own distribution,
/// the divergence from it is (g · δ)² / 2 in the mean: its curvature is the expected square of that
/// gradient. With g the gradient of the surprise at the tokens that really follow, the surprise
/// changes by g · δ, and by as much as the divergence.
final class WindowChanges {
    /// The means over a window's tokens, in nats, against int8 without factors.
    struct Change: Sendable {
        var surprise = 0.0
        var divergence = 0.0
    }

    private let decoder: Decoder
    private let gradients: StreamGradients
    private let layers: [(layer: Int, experts: [LoneExpert])]
    private let state: DecoderState
    /// The blocks of lone experts are of one size.
    private var workspace: Workspace

    /// A worker for windows of at most some length.
    init(
        _ decoder: Decoder, _ gradients: StreamGradients,
        _ layers: [(layer: Int, experts: [LoneExpert])], window: Int
    ) {
        self.decoder = decoder
        self.gradients = gradients
        self.layers = layers
        state = decoder.makeState(positions: window, rows: window, logitRows: window)
        workspace = (layers.first?.experts.first?.plain ?? decoder.firstBlock).makeWorkspace()
    }

    /// The changes, by layer, expert and α; every token of the window counts.
    func changes(_ tokens: [Int], _ window: TextWindow) throws -> [[[Change]]] {
        let pass = RecordedPass()
        state.clear()
        try decoder.forward(
            tokens[window.inputs], state: state, logitRows: window.targets.count, observer: pass)
        let predictions = predictions(in: state)
        let pullback = gradients.pullback(of: pass)
        let following = pullback(predictions.gradient(surprisesAt: tokens[window.targets]))
        let drawn = pullback(
            predictions.gradient(
                surprisesAt: predictions.drawn(seed: UInt64(window.targets.lowerBound))))
        let count = Double(window.targets.count)
        return try layers.map { layer, experts in
            try experts.enumerated().map { index, expert in
                let slots = pass.routings[layer].slots(of: index)
                guard !slots.isEmpty else { return expert.smoothed.map { _ in Change() } }
                let rows = { (values: [Float]) in
                    pass.routings[layer].rows(
                        values, slots, width: self.decoder.configuration.hiddenSize)
                }
                return try changes(
                    expert, rows(pass.inputs[layer]), rows(following[layer]), rows(drawn[layer]),
                    weights: slots.map { pass.routings[layer].weights[$0] }
                ).map {
                    Change(surprise: $0.surprise / count, divergence: $0.divergence / count)
                }
            }
        }
    }

    /// The sums over the rows of one expert, by α.
    private func changes(
        _ expert: LoneExpert, _ input: [Float], _ following: [Float], _ drawn: [Float],
        weights: [Float]
    ) throws -> [Change] {
        let float = try output(of: expert.float, input)
        let plain = try output(of: expert.plain, input), width = input.count / weights.count
        // g · δ of every row, times the routing weight.
        func products(_ gradient: [Float], _ form: [Float], _ other: [Float]) -> [Double] {
            weights.enumerated().map { row, weight in
                var sum: Float = 0
                for place in row * width..<(row + 1) * width {
                    sum += gradient[place] * (form[place] - other[place])
                }
                return Double(weight * sum)
            }
        }
        func divergence(_ form: [Float]) -> Double {
            products(drawn, form, float).reduce(0) { $0 + $1 * $1 / 2 }
        }
        let plainDivergence = divergence(plain)
        return try expert.smoothed.map { block in
            let smoothed = try output(of: block, input)
            let change = divergence(smoothed) - plainDivergence
            return Change(
                surprise: products(following, smoothed, plain).reduce(change, +),
                divergence: change)
        }
    }

    private func output(of block: MoEBlock, _ input: [Float]) throws -> [Float] {
        try block.output(of: input, in: &workspace)
    }

    private func predictions(in state: DecoderState) -> Predictions {
        Predictions(state.logits, vocabularySize: decoder.configuration.vocabularySize)
    }
}

extension MoEBlock {
    /// The output for rows, `[T, D]`.
    fileprivate func output(of input: [Float], in workspace: inout Workspace) throws -> [Float] {
        try forward(input.span, in: &workspace)
        let output = workspace.output
        return output.withUnsafeBufferPointer { Array($0) }
    }
}
