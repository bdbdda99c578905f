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

    /// A router of its parameters.
    public init(
        configuration: RouterConfiguration, weight: Matrix<Float>, logitBias: [Float]? = nil,
        correctionBias: [Float]? = nil
    ) {
        self.configuration = configuration
        self.weight = weight
        self.logitBias = logitBias
        self.correctionBias = correctionBias
    }

    /// How many experts the router knows, identity experts included.
    public var expertCount: Int { weight.rows }

    /// Checks that configuration and parameters fit.
    ///
    /// - Throws: `configuration` or `shape`, naming the quantities that disagree.
    public func validate() throws(MoEError) {
        try configuration.validate(expertCount: expertCount)
        for (name, bias) in [("logit bias", logitBias), ("correction bias", correctionBias)] {
            guard bias.map({ $0.count == expertCount }) ?? true else {
                throw MoEError(
                    .shape,
                    "router: \(name) has \(bias?.count ?? 0) values for \(expertCount) experts")
            }
        }
    }

    /// Stage 1: the experts and weights of every token.
    ///
    /// A token's logits are summed in an order of their own, whatever else is in the batch.
    ///
    /// - Parameters:
    ///   - hidden: the tokens, `[T, D]`.
    ///   - routing: receives experts and weights, sized to T tokens.
    ///   - scratch: memory for logits and scores, grown here.
    ///   - threads: how many threads may work.
    func route(
        _ hidden: UnsafePointer<Float>, into routing: inout Routing,
        scratch: inout Buffer<Float>, threads: Int
    ) {
        let experts = expertCount, width = weight.columns, topK = configuration.topK
        let workers = min(threads, WorkerPool.maximumThreads)
        scratch.resize(workers * RouterSelection.scratchCount(experts: experts))
        let scratch = scratch.base
        let selected = routing.expertBuffer.base, weights = routing.weightBuffer.base
        let tokens = routing.tokenCount, tokensPerTile = 4
        let selection = RouterSelection(router: self)
        weight.elements.withUnsafeBufferPointer { rows in
            guard let rows = rows.baseAddress else { return }
            let tiles = (tokens + tokensPerTile - 1) / tokensPerTile
            WorkerPool.shared.run(tiles: tiles, threads: workers) { tile, worker in
                let own = scratch + worker * RouterSelection.scratchCount(experts: experts)
                for token in tile * tokensPerTile..<min((tile + 1) * tokensPerTile, tokens) {
                    RowKernels.logits(
                        experts: experts, width: width, x: hidden + token * width, weight: rows,
                        into: own)
                    selection.select(
                        scratch: own, experts: selected + token * topK,
                        weights: weights + token * topK)
                }
            }
        }
    }
}
