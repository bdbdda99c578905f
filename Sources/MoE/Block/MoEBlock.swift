/// One MoE layer ready to compute: a router, prepared experts and a number of threads.
///
/// ```swift
/// let block = try MoEBlock(layer)
/// var workspace = block.makeWorkspace()
/// try block.forward(hidden, in: &workspace)   // hidden: Span<Float>, [T, D]
/// workspace.output                            // Span<Float>, [T, D]
/// ```
///
/// The output has the same bits for every number of threads, and with int8 experts a token's row
/// does not depend on the tokens beside it. A token that holds NaN or infinity becomes NaN and
/// spoils no other. No tokens, experts without tokens and all tokens on one expert are legal.
///
/// A block may be used from several threads at once, each with a workspace of its own.
public struct MoEBlock: Sendable {
    /// The sizes of the routed experts.
    public let shape: ExpertShape
    /// How many experts a token is sent to.
    public var topK: Int { router.configuration.topK }
    /// The name of the backend that computes the experts.
    public let backendName: String
    /// Whether every token also goes through a shared expert.
    public var hasSharedExpert: Bool { shared != nil }
    /// How many threads work.
    public let threads: Int

    let router: PreparedRouter
    private let selection: (any ExpertSelection)?
    let routed: PreparedExperts
    let shared: PreparedSharedExpert?
    private let weightsInput: Bool
    /// Whether any experts read the tokens' rows as int8.
    let quantizesTokens: Bool

    /// Prepares a layer on a backend.
    ///
    /// - Parameters:
    ///   - layer: configuration and weights; moved into the backend's form.
    ///   - backend: what computes the experts; nil for the best of this build.
    ///   - threads: how many threads may work, 1 or more; nil for one per processor.
    /// - Throws: `shape` or `configuration` if the parts of the layer do not fit.
    public init(
        _ layer: consuming MoELayer, backend: (any ExpertBackend)? = nil, threads: Int? = nil
    ) throws(MoEError) {
        let backend =
            if let backend { backend } else { try BackendCatalog.backend(.auto).backend }
        self.init(try PreparedLayer(consume layer, backend: backend), threads: threads)
    }

    /// A block of a layer that is in its backend's form already.
    package init(_ layer: PreparedLayer, threads: Int?) {
        self.shape = layer.shape
        self.backendName = layer.backendName
        self.threads = WorkerPool.threadCount(threads)
        self.router = PreparedRouter(layer.router)
        self.selection = layer.selection
        self.weightsInput = layer.weightsInput
        self.routed = layer.routed
        self.shared = layer.shared
        self.quantizesTokens =
            layer.routed.readsQuantizedTokens || layer.shared?.readsQuantizedTokens == true
    }

    /// The sizes of the shared expert, if there is one.
    var sharedShape: ExpertShape? { shared?.shape }

    /// The routed experts, as benchmarks look at them.
    var measured: (any MeasuredExperts)? {
        switch routed {
        case .stages(let experts): experts as? any MeasuredExperts
        case .pass(let experts): experts as? any MeasuredExperts
        }
    }

    /// The memory for passes of this block; it grows with the largest batch it sees.
    public func makeWorkspace() -> Workspace {
        Workspace(topK: topK, weightsInput: weightsInput, routed: shape, shared: sharedShape)
    }

    /// The forward pass.
    ///
    /// - Parameters:
    ///   - hidden: the tokens' hidden states, `[T, D]`, row after row.
    ///   - routerInput: what the router reads in place of them, `[T, D]`, where it must (Gemma 4).
    ///   - tokenIDs: which tokens they are, `[T]`, where experts are looked up (DeepSeek-V4).
    ///   - workspace: memory made by this block; holds the results afterwards.
    /// - Throws: `shape` if `hidden` is no whole number of tokens, or the workspace is another
    ///   block's; `input` for an input that the router lacks or does not read, `value` for a token
    ///   id that it does not know.
    public func forward(
        _ hidden: Span<Float>, routerInput: Span<Float>? = nil, tokenIDs: Span<Int32>? = nil,
        in workspace: inout Workspace
    ) throws(MoEError) {
        let tokenCount = try workspace.begin(hidden.count, of: self)
        try router.check(tokens: tokenCount, routerInput: routerInput?.count, tokenIDs: tokenIDs)
        // A span's memory stays where it is for as long as the span is borrowed: for this call.
        let routerInput = routerInput?.withUnsafeBufferPointer(\.baseAddress)
        let tokenIDs = tokenIDs?.withUnsafeBufferPointer(\.baseAddress)
        try hidden.withUnsafeBufferPointer { hidden throws(MoEError) in
            guard let x = hidden.baseAddress, tokenCount > 0 else { return }
            workspace.tokens.bind(x, count: tokenCount)
            defer { workspace.tokens.bind(nil, count: tokenCount) }
            var clock = StageClock()

            // 1 route: logits → scores → top-k (expert, weight) per token
            try router.route(
                (routerInput ?? nil) ?? x, tokenIDs: tokenIDs ?? nil, selectingBy: selection,
                into: &workspace.routing, scratch: &workspace.routerScratch, threads: threads)
            clock.end(.route)

            // 2 dispatch: stable sort by expert → counts and permutation
            workspace.dispatch.sort(workspace.routing)
            clock.end(.dispatch)

            // 3 quantise: every token's row once → int8 + scale
            if quantizesTokens { workspace.tokens.quantize(threads: threads) }
            clock.end(.quantize)

            // 4 gate·up, 5 activate, 6 down: every row through its expert; some backends sum too
            try routed.forward(
                workspace.tokens, workspace.dispatch, into: &workspace.routed,
                sum: workspace.routedSum, threads: threads, clock: &clock)

            // The shared expert: the same for all tokens as one group
            if let shared {
                try shared.forward(workspace.tokens, into: &workspace.shared, threads: threads)
                clock.end(.shared)
            }

            // 7 combine: weighted sum in slot order, the shared expert last
            workspace.combine(sumRows: routed.leavesRows, threads: threads)
            clock.end(.combine)
            workspace.timings = clock.timings
        }
    }
}

extension PreparedExperts {
    /// Whether the tokens' rows are read as int8 with a scale, or as float32.
    var readsQuantizedTokens: Bool {
        switch self {
        case .stages(let experts): experts.readsQuantizedTokens
        case .pass(let experts): experts.readsQuantizedTokens
        }
    }

    /// Whether a pass leaves the rows for the block to sum, or sums them itself.
    var leavesRows: Bool {
        switch self {
        case .stages: true
        case .pass: false
        }
    }

    /// Stages 4 to 6 for one set of experts, one by one or in one go.
    func forward(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch,
        into rows: inout ExpertRows, sum: SlotSum?, threads: Int, clock: inout StageClock
    ) throws(MoEError) {
        switch self {
        case .stages(let experts):
            experts.gateUp(tokens, dispatch, into: &rows, threads: threads)
            clock.end(.gateUp)
            experts.activate(dispatch, in: &rows, threads: threads)
            clock.end(.activate)
            experts.down(dispatch, in: &rows, threads: threads)
            clock.end(.down)
        case .pass(let experts):
            try experts.forward(tokens, dispatch, into: &rows, sum: sum, threads: threads)
            clock.end(.experts)
        }
    }
}
