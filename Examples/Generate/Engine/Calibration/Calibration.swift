import MoECheckpoint

/// Finds smooth factors for int8 experts by running a text through float ones.
///
/// Half the windows of the text find, expert by expert, the factors f with which rounding puts the
/// least noise into the output. Being found on few texts they may go too far, so the other half
/// tries `f^α`: every layer gets the α with which its int8 experts, all other layers being float,
/// change the predictions least; none where that is no better, beyond the standard error over the
/// windows. At last all layers are int8 together, and layers lose their factors until bits per byte,
/// divergence and agreement are all no worse than without.
public struct Calibration: Sendable {
    /// The values of α that are tried.
    public static let alphas: [Float] = [0.5, 0.75, 1]

    /// The factors, of the layers that keep them.
    public let factors: SmoothFactors
    /// What was tried, by layer.
    public let layers: [LayerResult]
    /// What int8 experts in all layers change without factors, on the half that tries.
    public let plain: Evaluation.Figures
    /// What they change with ``factors``; nil if no layer keeps them.
    public let smoothed: Evaluation.Figures?

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
        var layers = trials.enumerated().map { place, trial in
            let count = trial.trials.decoders.count
            return LayerResult(
                layer: trial.layer,
                divergences: Array(divergences[place * count..<(place + 1) * count]))
        }
        let together = try SmoothedLayers(
            zip(layers, trials).map { result, trial in
                SmoothedLayers.Choice(
                    layer: result.layer, plain: trial.trials.blocks[0],
                    smoothed: result.chosen.flatMap { trial.trials.block(alpha: $0.alpha) })
            }, of: decoder
        ) { decoders in
            let tallies = try Evaluation.tallies(
                decoder, decoders, tried, of: tokens, threads: threads)
            return decoders.indices.map { index in
                Evaluation.Figures(
                    yardstickSurprises: tallies.map(\.yardstickSurprise),
                    tallies: tallies.map { $0.candidates[index] })
            }
        }
        var factors = SmoothFactors()
        for (place, layer) in layers.enumerated() where together.kept.contains(layer.layer) {
            guard let alpha = layer.chosen?.alpha else { continue }
            layers[place].isKept = true
            factors.layers[layer.layer] = SmoothFactors.Layer(
                matrix: try trials[place].trials.factors(alpha: alpha), alpha: alpha)
        }
        self.factors = factors
        self.layers = layers
        plain = together.plain
        smoothed = together.smoothed
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

extension [WindowTally] {
    /// By candidate, the mean of every window.
    fileprivate var divergences: [[Double]] {
        (first?.candidates ?? []).indices.map { index in
            map { $0.candidates[index].divergences.map { Double($0) }.mean }
        }
    }
}
