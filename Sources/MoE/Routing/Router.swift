/// A router: its configuration and its parameters.
public struct Router: Sendable {
    /// How logits become (expert, weight) pairs.
    public var configuration: RouterConfiguration
    /// One row per expert, `[E, D]`; identity experts have rows too.
    public var weight: Matrix<Float>
    /// Added to the logits, `[E]`.
    public var logitBias: [Float]?
    /// Added to the scores for the selection only, never to the weights, `[E]`.
    public var correctionBias: [Float]?
    /// What every weight is multiplied by, by its expert, `[E]`; before the scaling factor.
    public var expertScale: [Float]?
    /// The experts of a token by its id, `[V, k]`, in place of a selection.
    public var expertsOfToken: Matrix<Int32>?
    /// The ε of a root-mean-square norm of the router's input; nil for none.
    ///
    /// A router with a norm reads an input of its own, before the norm of the experts' input.
    public var inputNormEpsilon: Float?

    /// A router of its parameters.
    public init(
        configuration: RouterConfiguration, weight: Matrix<Float>, logitBias: [Float]? = nil,
        correctionBias: [Float]? = nil, expertScale: [Float]? = nil,
        expertsOfToken: Matrix<Int32>? = nil, inputNormEpsilon: Float? = nil
    ) {
        self.configuration = configuration
        self.weight = weight
        self.logitBias = logitBias
        self.correctionBias = correctionBias
        self.expertScale = expertScale
        self.expertsOfToken = expertsOfToken
        self.inputNormEpsilon = inputNormEpsilon
    }

    /// How many experts the router knows, identity experts included.
    public var expertCount: Int { weight.rows }

    /// Checks that configuration and parameters fit.
    ///
    /// - Throws: `configuration` or `shape`, naming the quantities that disagree.
    public func validate() throws(MoEError) {
        try configuration.validate(expertCount: expertCount)
        for (name, bias) in [
            ("logit bias", logitBias), ("correction bias", correctionBias),
            ("expert scale", expertScale),
        ] {
            guard bias.map({ $0.count == expertCount }) ?? true else {
                throw MoEError(
                    .shape,
                    "router: \(name) has \(bias?.count ?? 0) values for \(expertCount) experts")
            }
        }
        guard inputNormEpsilon.map({ $0.isFinite && $0 >= 0 }) ?? true else {
            throw MoEError(
                .value, "router: the norm's epsilon \(inputNormEpsilon ?? 0) is no number from 0 up"
            )
        }
        try validateTable()
    }

    /// Stage 1: the experts and weights of every token.
    ///
    /// A token's logits are summed in an order of their own, whatever else is in the batch.
    ///
    /// - Parameters:
    ///   - hidden: the tokens as the router reads them, `[T, D]`.
    ///   - tokenIDs: which tokens they are, `[T]`, checked; nil where nothing is looked up.
    ///   - other: what selects the experts in place of the library; nil for nothing.
    ///   - routing: receives experts and weights, sized to T tokens.
    ///   - scratch: memory for all tokens' logits and scores, grown here.
    ///   - threads: how many threads may work.
    /// - Throws: what keeps another selection from being made.
    func route(
        _ hidden: UnsafePointer<Float>, tokenIDs: UnsafePointer<Int32>? = nil,
        selectingBy other: (any ExpertSelection)? = nil, into routing: inout Routing,
        scratch: inout Buffer<Float>, threads: Int
    ) throws(MoEError) {
        let experts = expertCount, width = weight.columns, topK = configuration.topK
        let stride = RouterSelection.scratchCount(experts: experts)
        let tokens = routing.tokenCount
        scratch.resize(tokens * stride)
        let logits = scratch.base
        let selected = routing.expertBuffer.base, weights = routing.weightBuffer.base
        let tiles = LogitTiles(tokens: tokens, experts: experts, threads: threads)
        weight.elements.withUnsafeBufferPointer { rows in
            guard let rows = rows.baseAddress else { return }
            WorkerPool.shared.run(tiles: tiles.count, threads: threads) { tile, _ in
                let (tokens, experts) = tiles[tile]
                RowKernels.logits(
                    tokens: tokens.count, experts: experts.count, width: width,
                    x: hidden + tokens.lowerBound * width,
                    weight: rows + experts.lowerBound * width,
                    into: logits + tokens.lowerBound * stride + experts.lowerBound, stride: stride)
            }
        }
        let selection = RouterSelection(router: self)
        func adjust(_ token: Int) {
            let logits = logits + token * stride
            if let epsilon = inputNormEpsilon {
                normalize(logits, count: experts, of: hidden + token * width, epsilon: epsilon)
            }
            selection.adjust(logits)
        }
        if let other, tokens > 0 {
            for token in 0..<tokens { adjust(token) }
            try other.select(logits: logits, stride: stride, tokens: tokens, into: selected)
        }
        let tokensPerTile = 16, areChosen = other != nil
        WorkerPool.shared.run(
            tiles: (tokens + tokensPerTile - 1) / tokensPerTile, threads: threads
        ) { tile, _ in
            for token in tile * tokensPerTile..<min((tile + 1) * tokensPerTile, tokens) {
                if !areChosen { adjust(token) }
                selection.select(
                    scratch: logits + token * stride, tokenID: tokenIDs?[token],
                    experts: selected + token * topK, weights: weights + token * topK,
                    areChosen: areChosen)
            }
        }
    }
}

/// How the logits of a batch are shared by threads: by tokens, and by experts where tokens are few.
private struct LogitTiles {
    private let tokens: Int
    private let experts: Int
    private let expertsPerTile: Int
    private let parts: Int
    private static let tokensPerTile = 24

    init(tokens: Int, experts: Int, threads: Int) {
        self.tokens = tokens
        self.experts = experts
        let groups = (tokens + Self.tokensPerTile - 1) / Self.tokensPerTile
        let wanted = groups >= 4 * threads ? 1 : min(4 * threads, max(experts / 8, 1))
        // Whole groups of the kernel's experts.
        expertsPerTile = max((experts + wanted - 1) / wanted + 3, 4) / 4 * 4
        parts = (experts + expertsPerTile - 1) / expertsPerTile
    }

    var count: Int { (tokens + Self.tokensPerTile - 1) / Self.tokensPerTile * parts }

    subscript(tile: Int) -> (tokens: Range<Int>, experts: Range<Int>) {
        let token = tile / parts * Self.tokensPerTile, expert = tile % parts * expertsPerTile
        return (
            token..<min(token + Self.tokensPerTile, tokens),
            expert..<min(expert + expertsPerTile, experts)
        )
    }
}
