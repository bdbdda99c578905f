import MoECheckpoint

/// Finds smooth factors for int8 experts by running a text through float ones.
///
/// Column h of a down-projection reads activations up to `a[h]` and has weights up to `w[h]`. The
/// factor `w[h]^(1-α) / a[h]^α` leaves the outliers to the weights for α = 1 and to the
/// activations for α = 0. Every layer gets the α whose int8 block errs least on the text.
public struct Calibration: Sendable {
    /// What was tried for one layer.
    public struct LayerResult: Sendable {
        /// The layer.
        public let layer: Int
        /// The relative L2 error of its int8 block without factors.
        public let plainError: Double
        /// Every α and the relative L2 error with its factors.
        public let errors: [(alpha: Float, error: Double)]
        /// The best α; nil if none is better than no factors.
        public let chosen: (alpha: Float, error: Double)?
    }

    /// The values of α that are tried.
    public static let alphas: [Float] = stride(from: 0, through: 10, by: 1).map { Float($0) / 10 }
    /// Rows of a text that stand for it in the trials.
    private static let samples = 4096

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
    /// - Throws: ``EngineError`` for a text without tokens or experts that are not float; what the
    ///   block throws.
    public init(_ decoder: Decoder, tokens: [Int], window: Int = 512) throws {
        guard decoder.experts.format == .float, !tokens.isEmpty, window > 0 else {
            throw EngineError("calibration: wanted float experts and a text")
        }
        let passes = (tokens.count + window - 1) / window
        let maxima = try ActivationMaxima(
            decoder.checkpoint, samplesPerPass: max(1, Self.samples / passes))
        let state = decoder.makeState(positions: window, rows: window)
        for first in stride(from: 0, to: tokens.count, by: window) {
            state.clear()
            try decoder.forward(
                tokens[first...].prefix(window), state: state, logitRows: 0, observer: maxima)
        }
        var factors = SmoothFactors(), results: [LayerResult] = []
        for (index, layer) in maxima.layers.sorted(by: { $0.key < $1.key }) {
            let search = try SmoothSearch(layer, experts: decoder.experts)
            let plain = try search.error(nil)
            let errors = try Self.alphas.map { alpha in
                (alpha: alpha, error: try search.error(search.factors(alpha: alpha)))
            }
            let best = errors.min { $0.error < $1.error }.flatMap { $0.error < plain ? $0 : nil }
            if let best {
                factors.layers[index] = SmoothFactors.Layer(
                    matrix: search.factors(alpha: best.alpha), alpha: best.alpha)
            }
            results.append(
                LayerResult(layer: index, plainError: plain, errors: errors, chosen: best))
        }
        self.factors = factors
        self.layers = results
    }
}
