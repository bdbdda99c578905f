import MoECheckpoint

/// Finds smooth factors for int8 experts by running a text through float ones.
///
/// Half the windows of the text find, expert by expert, the factors f with which rounding puts the
/// least noise into the output. Being found on few texts they may go too far, so the other half
/// tries `f^α`: every layer gets the α with which its int8 experts, all other layers being float,
/// change the predictions least; none where that is no better, beyond the standard error over the
/// windows.
public struct Calibration: Sendable {
    /// What was tried for one layer.
    public struct LayerResult: Sendable {
        /// The layer.
        public let layer: Int
        /// The mean KL divergence that its int8 experts cause without factors, in nats.
        public let plainDivergence: Double
        /// Every α and the mean KL divergence with its factors.
        public let trials: [(alpha: Float, divergence: Double)]
        /// The best of them; nil if none is better than no factors.
        public let chosen: (alpha: Float, divergence: Double)?
    }

    /// The values of α that are tried.
    public static let alphas: [Float] = [0.25, 0.5, 0.75, 1]

    /// The factors, of the layers where they help.
    public let factors: SmoothFactors
    /// What was tried, by layer.
    public let layers: [LayerResult]

    /// Calibrates a model on a text.
    ///
    /// - Parameters:
    ///   - decoder: the model, with float experts.
    ///   - tokens: the text.
    ///   - window: how many tokens are computed at once, each window on its own.
    ///   - threads: how many windows are computed at the same time.
    /// - Throws: ``EngineError`` for a text of fewer than two tokens or experts that are not float;
    ///   what the block throws.
    public init(
        _ decoder: Decoder, tokens: [Int], window: Int = 512, threads: Int = 1
    ) throws {
        guard decoder.experts.format == .float, tokens.count > 1, window > 0 else {
            throw EngineError("calibration: wanted float experts and a text of two tokens or more")
        }
        var choice = decoder.experts
        choice.threads = 1
        let decoder = try decoder.loading(choice)
        let windows = TextWindow.over(count: tokens.count, length: window, stride: window)
        let fitted = windows.indices.filter { $0 % 2 == 0 }.map { windows[$0] }
        let tried = windows.indices.filter { $0 % 2 == 1 }.map { windows[$0] }
        let doubts = try Self.doubts(decoder, tokens, fitted, threads: threads)
        let trials = try decoder.checkpoint.moeLayers.map { index in
            let rows = try ActivatedRows(
                decoder.checkpoint.layer(index, experts: .float), index: index)
            try Self.collect(rows, decoder, tokens, fitted, doubts)
            return (
                layer: index,
                trials: try SmoothTrials(
                    layer: index, of: decoder, rows, alphas: Self.alphas, threads: threads)
            )
        }
        let tallies = try Evaluation.tallies(
            decoder, trials.flatMap(\.trials.decoders), tried, of: tokens, threads: threads)
        let divergences = tallies.divergences
        var factors = SmoothFactors(), results: [LayerResult] = []
        for (place, (layer, trials)) in trials.enumerated() {
            let own = divergences[
                place * trials.decoders.count..<(place + 1) * trials.decoders.count]
            let result = LayerResult(layer: layer, divergences: Array(own))
            if let alpha = result.chosen?.alpha {
                factors.layers[layer] = SmoothFactors.Layer(
                    matrix: try trials.factors(alpha: alpha), alpha: alpha)
            }
            results.append(result)
        }
        self.factors = factors
        layers = results
    }

    /// How far from sure the model is of the token after every input, 1 - Σ p², by window.
    private static func doubts(
        _ decoder: Decoder, _ tokens: [Int], _ windows: [TextWindow], threads: Int
    ) throws -> [[Float]] {
        let most = windows.map(\.inputs.count).max() ?? 1
        return try parallelMap(windows, threads: threads) {
            decoder.makeState(positions: most, rows: most, logitRows: most)
        } transform: { state, window in
            state.clear()
            try decoder.forward(
                tokens[window.inputs], state: state, logitRows: window.inputs.count)
            let predictions = Predictions(
                state.logits, vocabularySize: decoder.configuration.vocabularySize)
            return (0..<window.inputs.count).map { Float(predictions.doubt(position: $0)) }
        }
    }

    /// Runs windows and collects the rows of one layer.
    private static func collect(
        _ rows: ActivatedRows, _ decoder: Decoder, _ tokens: [Int], _ windows: [TextWindow],
        _ doubts: [[Float]]
    ) throws {
        let most = windows.map(\.inputs.count).max() ?? 1
        let state = decoder.makeState(positions: most, rows: most)
        for (window, doubts) in zip(windows, doubts) {
            state.clear()
            rows.doubts = doubts
            try decoder.forward(tokens[window.inputs], state: state, logitRows: 0, observer: rows)
        }
    }
}

extension Calibration.LayerResult {
    /// Of every window the divergence without factors, then those for every α.
    fileprivate init(layer: Int, divergences: [[Double]]) {
        let plain = divergences[0]
        let trials = zip(Calibration.alphas, divergences.dropFirst())
        let best = trials.min { $0.1.mean < $1.1.mean }.flatMap { alpha, windows in
            let gains = zip(plain, windows).map { $0 - $1 }
            return gains.mean > gains.standardError ? (alpha, windows.mean) : nil
        }
        self.layer = layer
        self.trials = trials.map { (alpha: $0, divergence: $1.mean) }
        plainDivergence = plain.mean
        chosen = best.map { (alpha: $0, divergence: $1) }
    }
}

extension [WindowTally] {
    /// By candidate, the mean of every window.
    fileprivate var divergences: [[Double]] {
        (first?.candidates ?? []).indices.map { index in
            map { $0.candidates[index].divergences.map { Double($0) }.mean }
        }
    }
}

extension [Double] {
    fileprivate var mean: Double { reduce(0, +) / Double(Swift.max(count, 1)) }

    /// Of the mean; infinite for less than two values.
    fileprivate var standardError: Double {
        guard count > 1 else { return .infinity }
        let mean = mean
        let variance = reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
        return (variance / Double(count)).squareRoot()
    }
}
