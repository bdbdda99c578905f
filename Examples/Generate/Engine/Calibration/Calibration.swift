import MoE
import MoECheckpoint

/// Finds smooth factors for int8 experts by running texts through float ones.
///
/// A quarter of the text finds, expert by expert, the factors f with which rounding puts the least
/// noise into the output. Which way rounding moves the bits per byte of a kind of text is chance, but
/// the same chance on more of it: half the text measures what every expert changes with `f^α`, and of
/// all choices takes the one with the least divergence that leaves bits per byte of no text worse,
/// by two standard errors. On the last quarter all layers are int8 together, and layers lose their
/// factors until bits per byte, divergence and agreement are all no worse than without.
public struct Calibration: Sendable {
    /// The values of α that are tried, beside 0.
    public static let alphas: [Float] = [0.5, 0.75, 1]

    /// The factors, of the layers that keep them.
    public let factors: SmoothFactors
    /// What was chosen, by layer.
    public let layers: [LayerResult]
    /// What int8 experts in all layers change without factors, on the quarter that judges.
    public let plain: Evaluation.Figures
    /// What they change with ``factors``; nil if no layer keeps them.
    public let smoothed: Evaluation.Figures?

    /// Calibrates a model on texts.
    ///
    /// - Parameters:
    ///   - decoder: the model, with float experts.
    ///   - texts: the tokens of texts of several kinds.
    ///   - window: how many tokens are computed at once, each window on its own.
    ///   - threads: how many windows are computed at the same time.
    /// - Throws: ``EngineError`` for no text, one of fewer than three windows, and experts that are
    ///   not float; what the block throws.
    public init(
        _ decoder: Decoder, texts: [[Int]], window: Int = 512, threads: Int = 1
    ) throws {
        guard decoder.experts.format == .float else {
            throw EngineError("calibration: wanted float experts")
        }
        let text = try CalibrationText(texts, window: window)
        // Windows are what threads share; a block works alone.
        var choice = decoder.experts
        choice.threads = 1
        let decoder = try decoder.loading(choice)
        let search = try FactorSearch(
            decoder, tokens: text.tokens, windows: text.finding, threads: threads)
        let found = try decoder.checkpoint.moeLayers.map { layer in
            (layer: layer, factors: try search.factors(layer: layer))
        }
        let selection = ExpertSelection(
            try ExpertChange.measured(found, decoder, on: text, threads: threads))
        var layers = found.map { LayerResult($0.layer, $0.factors, selection) }
        let together = try SmoothedLayers(
            zip(layers, found).map { result, found in
                try SmoothedLayers.Choice(result, found.factors, of: decoder)
            }, of: decoder
        ) { decoders in
            try Evaluation.figures(
                decoder, decoders, text.judging, of: text.tokens, threads: threads)
        }
        var factors = SmoothFactors()
        for (place, layer) in layers.enumerated() where together.kept.contains(layer.layer) {
            layers[place].isKept = true
            factors.layers[layer.layer] = SmoothFactors.Layer(
                matrix: try found[place].factors.powers(layer.alphas), alphas: layer.alphas)
        }
        self.factors = factors
        self.layers = layers
        plain = together.plain
        smoothed = together.smoothed
    }
}
