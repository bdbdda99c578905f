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
    private let weight: RouterWeight

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
        weight = RouterWeight(router.weight)
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
        scratch: inout RouterScratch, threads: Int
    ) throws(MoEError) {
        let tokens = routing.tokenCount, topK = configuration.topK
        let stride = RouterSelection.scratchCount(experts: expertCount)
        findLogits(of: hidden, tokens: tokens, in: &scratch, stride: stride, threads: threads)
        let logits = scratch.logits.base
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
        RowKernels.logits(
            tokens: 1, width: width, x: x, xStride: width, weight: weight, experts: 0..<expertCount,
            into: scratch, stride: expertCount)
        let selection = RouterSelection(router: self)
        selection.adjust(scratch)
        selection.select(
            scratch: scratch, tokenID: nil, experts: experts, weights: weights, areChosen: false)
    }

    /// The logits of every token, `stride` apart.
    private func findLogits(
        of hidden: UnsafePointer<Float>, tokens: Int, in scratch: inout RouterScratch, stride: Int,
        threads: Int
    ) {
        scratch.logits.resize(tokens * stride)
        let tiles = LogitTiles(tokens: tokens, experts: expertCount, threads: threads)
        // Rows that start at cache lines are worth a copy where many products are made of them.
        let aligned = cacheLines(width)
        let isAligned = aligned == width && UInt(bitPattern: hidden) % 64 == 0
        let copies = !isAligned && tiles.expertsPerTile >= 64 && tiles.tokensPerTile <= tokens
        let copyCount = tiles.tokensPerTile * aligned
        scratch.tokens.resize(copies ? threads * copyCount : 0)
        let copy = scratch.tokens.base, logits = scratch.logits.base
        WorkerPool.shared.run(tiles: tiles.count, threads: threads) { tile, worker in
            let (tokens, experts) = tiles[tile]
            var x = hidden + tokens.lowerBound * width, xStride = width
            if copies {
                let rows = copy + worker * copyCount
                for row in 0..<tokens.count {
                    (rows + row * aligned).update(from: x + row * width, count: width)
                }
                (x, xStride) = (UnsafePointer(rows), aligned)
            }
            RowKernels.logits(
                tokens: tokens.count, width: width, x: x, xStride: xStride, weight: weight,
                experts: experts, into: logits + tokens.lowerBound * stride, stride: stride)
        }
    }
}

/// The memory of a router.
struct RouterScratch: ~Copyable {
    /// The logits of all tokens, then the scores.
    var logits = Buffer<Float>()
    /// The tokens that a worker multiplies, where they do not start at cache lines.
    var tokens = Buffer<Float>()
}

/// How the logits of a batch are shared by threads: by tokens, and by experts where tokens are few.
private struct LogitTiles {
    let tokensPerTile = 24
    let expertsPerTile: Int
    private let tokens: Int
    private let experts: Int
    private let parts: Int

    init(tokens: Int, experts: Int, threads: Int) {
        self.tokens = tokens
        self.experts = experts
        let groups = (tokens + tokensPerTile - 1) / tokensPerTile
        let wanted = groups >= 4 * threads ? 1 : min(4 * threads, max(experts / 8, 1))
        // Whole groups of the kernel's experts.
        expertsPerTile = max((experts + wanted - 1) / wanted + 3, 4) / 4 * 4
        parts = (experts + expertsPerTile - 1) / expertsPerTile
    }

    var count: Int { (tokens + tokensPerTile - 1) / tokensPerTile * parts }

    subscript(tile: Int) -> (tokens: Range<Int>, experts: Range<Int>) {
        let token = tile / parts * tokensPerTile, expert = tile % parts * expertsPerTile
        return (
            token..<min(token + tokensPerTile, tokens),
            expert..<min(expert + expertsPerTile, experts)
        )
    }
}
