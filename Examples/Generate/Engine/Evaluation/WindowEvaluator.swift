/// What one window adds to an evaluation.
struct WindowTally: Sendable {
    /// What it adds for one choice of experts.
    struct Candidate: Sendable {
        var surprise = 0.0
        var agreements = 0
        var divergences: [Float] = []
        var layerSums: [(difference: Double, total: Double)] = []
    }

    /// The sum of -ln p with the yardstick's experts.
    var yardstickSurprise = 0.0
    /// The rows of every expert, by layer.
    var rowsOfExperts: [[Int64]] = []
    /// By choice.
    var candidates: [Candidate] = []
}

/// Runs the yardstick and all candidates over windows, one window after the other.
final class WindowEvaluator {
    private let yardstick: Decoder
    private let candidates: [Decoder]
    private let yardstickState: DecoderState
    private let states: [DecoderState]

    init(_ yardstick: Decoder, _ candidates: [Decoder], window: Int, targets: Int) {
        self.yardstick = yardstick
        self.candidates = candidates
        func state(_ decoder: Decoder) -> DecoderState {
            decoder.makeState(positions: window, rows: window, logitRows: targets)
        }
        yardstickState = state(yardstick)
        states = candidates.map(state)
    }

    func evaluate(_ tokens: [Int], _ window: TextWindow) throws -> WindowTally {
        let recorder = StreamRecorder()
        let wanted = try predict(yardstick, yardstickState, tokens, window, observer: recorder)
        var tally = WindowTally(rowsOfExperts: recorder.rowsOfExperts)
        for (position, target) in window.targets.enumerated() {
            tally.yardstickSurprise += wanted.surprise(at: tokens[target], position: position)
        }
        for (decoder, state) in zip(candidates, states) {
            let comparison = StreamComparison(with: recorder)
            let found = try predict(decoder, state, tokens, window, observer: comparison)
            var candidate = WindowTally.Candidate(layerSums: comparison.sums)
            for (position, target) in window.targets.enumerated() {
                candidate.surprise += found.surprise(at: tokens[target], position: position)
                candidate.agreements += found.agrees(with: wanted, position: position) ? 1 : 0
                candidate.divergences.append(
                    Float(wanted.divergence(to: found, position: position)))
            }
            tally.candidates.append(candidate)
        }
        return tally
    }

    private func predict(
        _ decoder: Decoder, _ state: DecoderState, _ tokens: [Int], _ window: TextWindow,
        observer: any LayerObserver
    ) throws -> Predictions {
        state.clear()
        try decoder.forward(
            tokens[window.inputs], state: state, logitRows: window.targets.count,
            observer: observer)
        return Predictions(
            state.logits, vocabularySize: decoder.configuration.vocabularySize)
    }
}

extension [[[Int64]]] {
    /// Rows of every expert by window and layer, as every expert's share of a layer's rows.
    var shares: [[Double]] {
        (first ?? []).indices.map { layer in
            let rows = (self[0][layer]).indices.map { expert in
                reduce(0) { $0 + Double($1[layer][expert]) }
            }
            let total = rows.reduce(0, +)
            return rows.map { total > 0 ? $0 / total : 0 }
        }
    }
}
