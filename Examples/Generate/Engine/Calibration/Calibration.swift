import MoECheckpoint

/// Finds smooth factors for int8 experts by running a text through float ones.
///
/// Column h of a down-projection reads activations up to `a[h]` and has weights up to `w[h]`. The
/// factor `w[h]^(1-α) / a[h]^α` leaves the outliers to the weights for α = 1 and to the
/// activations for α = 0. Every layer gets the α with which its int8 experts, all other layers
/// being float, change the predictions of the text least.
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
    public static let alphas: [Float] = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]

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
        let maxima = try Self.collect(decoder, tokens, windows)
        let trials = try maxima.layers.sorted { $0.key < $1.key }.map { index, collected in
            (
                layer: index,
                trials: try SmoothTrials(
                    layer: index, of: decoder, collected, alphas: Self.alphas)
            )
        }
        let tallies = try Evaluation.tallies(
            decoder, trials.flatMap(\.trials.decoders), windows, of: tokens, threads: threads)
        let divergences = tallies.meanDivergences
        var factors = SmoothFactors(), results: [LayerResult] = []
        for (place, (layer, trials)) in trials.enumerated() {
            let own = divergences[
                place * trials.decoders.count..<(place + 1) * trials.decoders.count]
            let result = LayerResult(layer: layer, divergences: Array(own))
            if let alpha = result.chosen?.alpha {
                factors.layers[layer] = SmoothFactors.Layer(
                    matrix: trials.factors(alpha: alpha), alpha: alpha)
            }
            results.append(result)
        }
        self.factors = factors
        layers = results
    }

    /// Runs the text once and watches.
    private static func collect(
        _ decoder: Decoder, _ tokens: [Int], _ windows: [TextWindow]
    ) throws -> ActivationMaxima {
        let maxima = try ActivationMaxima(decoder.checkpoint)
        let most = windows.map(\.inputs.count).max() ?? 1
        let state = decoder.makeState(positions: most, rows: most)
        for window in windows {
            state.clear()
            try decoder.forward(
                tokens[window.inputs], state: state, logitRows: 0, observer: maxima)
        }
        return maxima
    }
}

extension Calibration.LayerResult {
    /// The divergence without factors, then one for every α.
    fileprivate init(layer: Int, divergences: [Double]) {
        let trials = zip(Calibration.alphas, divergences.dropFirst()).map {
            (alpha: $0, divergence: $1)
        }
        self.layer = layer
        self.trials = trials
        plainDivergence = divergences[0]
        chosen = trials.min { $0.divergence < $1.divergence }
            .flatMap { $0.divergence < divergences[0] ? $0 : nil }
    }
}

extension [WindowTally] {
    /// By candidate, the mean over all positions.
    fileprivate var meanDivergences: [Double] {
        (first?.candidates ?? []).indices.map { index in
            let divergences = flatMap { $0.candidates[index].divergences }
            return divergences.reduce(0) { $0 + Double($1) } / Double(divergences.count)
        }
    }
}
