import MoE
import MoECheckpoint

/// What other experts do to a model's predictions of a text, against float experts.
public struct Evaluation: Sendable {
    /// A model and what is to compute its experts.
    public struct Candidate: Sendable {
        /// The model; it has the yardstick's architecture.
        public let model: Decoder
        /// What computes its experts.
        public let experts: ExpertChoice

        /// A model with a choice of experts.
        public init(_ model: Decoder, _ experts: ExpertChoice) {
            self.model = model
            self.experts = experts
        }
    }

    /// How many tokens were predicted.
    public let count: Int
    /// The results, in the order of the candidates.
    public let results: [Result]
    /// The share of a layer's rows that every expert gets, by layer; empty for a dense layer.
    public let expertLoad: [[Double]]

    /// Evaluates candidates on a text.
    ///
    /// - Parameters:
    ///   - yardstick: the model with float experts.
    ///   - candidates: what to compare with it.
    ///   - tokens: the text; the first token is not predicted.
    ///   - window: how many tokens are computed together, at most.
    ///   - stride: how many of them count.
    ///   - threads: how many windows are computed at the same time.
    /// - Throws: ``EngineError`` for a text or windows of no use, or a candidate of another
    ///   architecture; what loading and computing throw.
    public init(
        _ yardstick: Decoder, candidates: [Candidate], tokens: [Int], window: Int = 512,
        stride: Int = 256, threads: Int = 1
    ) throws {
        guard tokens.count > 1, window > 0, stride > 0, stride <= window else {
            throw EngineError(
                "a text of \(tokens.count) tokens in windows of \(window) by \(stride), wanted two "
                    + "tokens or more and a stride of 1 to \(window)")
        }
        for candidate in candidates {
            try Self.check(candidate.model.configuration, against: yardstick.configuration)
        }
        // Windows are what threads share; a block works alone.
        func loaded(_ model: Decoder, _ experts: ExpertChoice) throws -> Decoder {
            var experts = experts
            experts.threads = 1
            return try model.loading(experts)
        }
        let float = try loaded(yardstick, yardstick.experts)
        let others = try candidates.map { try loaded($0.model, $0.experts) }
        let tallies = try Self.tallies(
            float, others, TextWindow.over(count: tokens.count, length: window, stride: stride),
            of: tokens, threads: threads)
        count = tokens.count - 1
        expertLoad = tallies.map(\.rowsOfExperts).shares
        let surprises = tallies.map(\.yardstickSurprise)
        results = candidates.indices.map { index in
            Result(
                candidates[index], yardstickSurprises: surprises,
                tallies: tallies.map { $0.candidates[index] })
        }
    }

    /// What every window adds, for decoders whose blocks work on one thread.
    static func tallies(
        _ yardstick: Decoder, _ candidates: [Decoder], _ windows: [TextWindow], of tokens: [Int],
        threads: Int
    ) throws -> [WindowTally] {
        let window = windows.mostInputs
        let targets = windows.map(\.targets.count).max() ?? 1
        return try parallelMap(windows, threads: threads) {
            WindowEvaluator(yardstick, candidates, window: window, targets: targets)
        } transform: { evaluator, window in
            try evaluator.evaluate(tokens, window)
        }
    }

    /// What decoders change of the yardstick's predictions, over windows.
    static func figures(
        _ yardstick: Decoder, _ candidates: [Decoder], _ windows: [TextWindow], of tokens: [Int],
        threads: Int
    ) throws -> [Figures] {
        let tallies = try tallies(yardstick, candidates, windows, of: tokens, threads: threads)
        return candidates.indices.map { index in
            Figures(
                yardstickSurprises: tallies.map(\.yardstickSurprise),
                tallies: tallies.map { $0.candidates[index] })
        }
    }

    private static func check(
        _ found: DecoderConfiguration, against wanted: DecoderConfiguration
    ) throws {
        guard found.layerCount == wanted.layerCount, found.hiddenSize == wanted.hiddenSize,
            found.vocabularySize == wanted.vocabularySize
        else {
            throw EngineError(
                "a model of \(found.layerCount) layers of \(found.hiddenSize) with "
                    + "\(found.vocabularySize) tokens, wanted the yardstick's "
                    + "\(wanted.layerCount) of \(wanted.hiddenSize) with \(wanted.vocabularySize)")
        }
    }
}
