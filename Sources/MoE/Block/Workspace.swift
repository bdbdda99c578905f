/// The memory of a forward pass, and what the most recent pass left in it.
///
/// Made by ``MoEBlock/makeWorkspace()``, used by one pass at a time, kept across passes: once it
/// has seen the largest batch, a pass allocates nothing. All rows are those of the tokens, in
/// their order.
public struct Workspace: ~Copyable {
    /// The experts and weights of every token.
    public internal(set) var routing: Routing
    /// The rows in expert order.
    public internal(set) var dispatch: Dispatch
    /// How long the stages took.
    public internal(set) var timings = StageTimings()

    var tokens: TokenRows
    var routed: ExpertRows
    var shared: SharedRows
    let hasSharedExpert: Bool
    var routerScratch = Buffer<Float>()
    var outputBuffer = Buffer<Float>()
    var routedBuffer = Buffer<Float>()

    init(topK: Int, weightsInput: Bool, routed: ExpertShape, shared: ExpertShape?) {
        self.routing = Routing(topK: topK, weightsInput: weightsInput)
        self.dispatch = Dispatch(expertCount: routed.expertCount)
        self.tokens = TokenRows(width: routed.hiddenSize)
        self.routed = ExpertRows(shape: routed)
        self.hasSharedExpert = shared != nil
        self.shared = SharedRows(
            shape: shared
                ?? ExpertShape(expertCount: 0, hiddenSize: routed.hiddenSize, expertWidth: 0))
    }

    /// The block's output, `[T, D]`.
    public var output: Span<Float> {
        @_lifetime(borrow self)
        get { outputBuffer.span }
    }

    /// The weighted sum of the routed experts alone, `[T, D]`.
    public var routedOutput: Span<Float> {
        @_lifetime(borrow self)
        get { hasSharedExpert ? routedBuffer.span : outputBuffer.span }
    }

    /// A copy of the shared expert's output, its gate included, `[T, D]`; nil if there is none.
    var sharedElements: [Float]? {
        hasSharedExpert ? shared.rows.output.array : nil
    }

    /// Sizes everything whose size is known before the pass.
    ///
    /// - Parameters:
    ///   - elementCount: how many floats the batch has.
    ///   - block: the block that is about to compute.
    /// - Returns: T, the number of tokens.
    /// - Throws: `shape` if the batch is no whole number of tokens, or the workspace is another
    ///   block's.
    mutating func begin(_ elementCount: Int, of block: MoEBlock) throws(MoEError) -> Int {
        let width = block.shape.hiddenSize
        guard elementCount % width == 0 else {
            throw MoEError(
                .shape, "hidden states: \(elementCount) values are no whole tokens of \(width)")
        }
        guard routed.shape == block.shape, routing.topK == block.topK,
            shared.rows.shape.expertWidth == block.sharedShape?.expertWidth ?? 0
        else {
            throw MoEError(.shape, "workspace: made by a block of other sizes")
        }
        let tokenCount = elementCount / width
        guard tokenCount <= Int(Int32.max) / max(routing.topK, 1) else {
            throw MoEError(.shape, "hidden states: \(tokenCount) tokens are more than 2^31 rows")
        }
        routing.resize(tokens: tokenCount)
        outputBuffer.resize(elementCount)
        routedBuffer.resize(hasSharedExpert ? elementCount : 0)
        shared.rows.output.resize(hasSharedExpert ? elementCount : 0)
        if tokenCount == 0 {
            tokens.bind(nil, count: 0)
            dispatch.sort(routing)
            timings = StageTimings()
        }
        return tokenCount
    }

    /// Where the routed experts' sums go.
    private var sums: UnsafeMutablePointer<Float> {
        hasSharedExpert ? routedBuffer.base : outputBuffer.base
    }

    /// Stage 7 for a backend that sums the rows itself.
    var routedSum: SlotSum? { SlotSum(tokens, routing, dispatch, into: sums) }

    /// Stage 7: the weighted sum, unless the backend did it, then the shared expert.
    mutating func combine(sumRows: Bool, threads: Int) {
        if sumRows, let sum = routedSum { Combine.sum(routed, sum, threads: threads) }
        guard hasSharedExpert else { return }
        Combine.add(
            routedBuffer.base, and: shared.rows, into: outputBuffer.base, tokens: tokens.count,
            threads: threads)
    }
}
