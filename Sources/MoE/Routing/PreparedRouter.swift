/// A router ready to route: its parameters, the weight as the kernels read it.
struct PreparedRouter: Sendable {
    let configuration: RouterConfiguration
    /// E: how many experts it knows, identity experts included.
    let expertCount: Int
    /// D: the width of what it reads.
    let width: Int
    let logitBias: [Float]?
    let correctionBias: [Float]?
    let expertScale: [Float]?
    let expertsOfToken: Matrix<Int32>?
    let inputNormEpsilon: Float?
    private let logits: LinearProjection

    /// Takes a router over, which has been validated.
    init(_ router: consuming Router) {
        configuration = router.configuration
        expertCount = router.expertCount
        width = router.weight.columns
        logitBias = router.logitBias
        correctionBias = router.correctionBias
        expertScale = router.expertScale
        expertsOfToken = router.expertsOfToken
        inputNormEpsilon = router.inputNormEpsilon
        logits = LinearProjection(router.weight)
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
        let tokens = routing.tokenCount, topK = configuration.topK
        let stride = RouterSelection.scratchCount(experts: expertCount)
        scratch.resize(tokens * stride)
        let logits = scratch.base
        self.logits.multiply(
            hidden, rows: tokens, into: logits, stride: stride, threads: threads)
        let selected = routing.expertBuffer.base, weights = routing.weightBuffer.base
        let selection = RouterSelection(router: self), tokensPerTile = 4
        func adjust(_ token: Int) {
            let logits = logits + token * stride
            if let epsilon = inputNormEpsilon {
                normalize(
                    logits, count: expertCount, of: hidden + token * width, epsilon: epsilon)
            }
            selection.adjust(logits)
        }
        if let other, tokens > 0 {
            for token in 0..<tokens { adjust(token) }
            try other.select(logits: logits, stride: stride, tokens: tokens, into: selected)
        }
        let areChosen = other != nil
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

    /// The experts and weights of one token, by the kernels alone.
    ///
    /// - Parameters:
    ///   - x: the token, `[D]`.
    ///   - scratch: ``RouterSelection/scratchCount(experts:)`` floats.
    ///   - experts: receives k experts.
    ///   - weights: receives their weights.
    func route(
        token x: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>,
        experts: UnsafeMutablePointer<Int32>, weights: UnsafeMutablePointer<Float>
    ) {
        logits.multiply(row: x, into: scratch)
        let selection = RouterSelection(router: self)
        selection.adjust(scratch)
        selection.select(
            scratch: scratch, tokenID: nil, experts: experts, weights: weights, areChosen: false)
    }
}
