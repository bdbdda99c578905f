/// What computes the expert stages of a block: the seam between the block and a machine.
///
/// A backend turns weights once into what it computes with. Two kinds of result fit:
///
/// * one that computes **stage by stage** (``ExpertStages``): the block walks it through gate·up,
///   activation and down-projection, and combines;
/// * one that takes the **whole pass** (``ExpertPass``): it gets the tokens' rows and the dispatch
///   and hands back every token's sum, keeping what lies between wherever it likes: in cache, on
///   a device.
public protocol ExpertBackend: Sendable {
    /// The name in commands and reports, such as `openblas`.
    var name: String { get }

    /// Says before any weight is touched whether this backend can compute a set of experts.
    ///
    /// - Parameters:
    ///   - experts: the weights, all of `shape`; checked by the block.
    ///   - shape: the sizes.
    ///   - activation: what happens between the two projections.
    /// - Throws: `unsupported` if it cannot, naming what it cannot and its limit.
    func check(
        _ experts: borrowing ExpertWeights, shape: ExpertShape, activation: Activation
    ) throws(MoEError)

    /// Turns the weights of a layer's experts, or of its shared expert, into what computes them.
    ///
    /// - Parameters:
    ///   - experts: the weights, all of `shape`; checked by the block.
    ///   - shape: the sizes.
    ///   - activation: what happens between the two projections.
    /// - Returns: the experts, ready to compute.
    /// - Throws: `unsupported` if the backend cannot carry these experts out; what else it reports.
    func prepare(
        _ experts: consuming ExpertWeights, shape: ExpertShape, activation: Activation
    ) throws(MoEError) -> PreparedExperts

    /// A grouped int8 GEMM on its own: `y[r, n] = Σ_k x[r, k] * w[n, k]` with w of the row's group.
    ///
    /// - Parameters:
    ///   - x: the rows, `[R, K]`.
    ///   - weights: one matrix `[N, K]` per group, checked by the caller.
    ///   - groups: which rows belong to which matrix; rows past the sum become 0.
    ///   - threads: how many threads may work.
    /// - Returns: the exact int32 accumulators, `[R, N]`.
    /// - Throws: `unsupported` if the backend cannot carry the product out; what else it reports.
    func groupedMatmul(
        _ x: Matrix<Int8>, _ weights: [Matrix<Int8>], groups: GroupIndex, threads: Int
    ) throws(MoEError) -> Matrix<Int32>

    /// The fused operator between the two GEMMs on its own.
    ///
    /// - Parameters:
    ///   - call: the input and the options.
    ///   - threads: how many threads may work.
    /// - Returns: `values` `[T, H]` and `scale` `[T]`; rows past the groups are 0 with scale 0.
    /// - Throws: what ``DequantSwiGLUQuant/validate()`` throws; `unsupported` if the backend cannot
    ///   carry the call out.
    func dequantSwiGLUQuant(
        _ call: DequantSwiGLUQuant, threads: Int
    ) throws(MoEError) -> QuantizedRows
}

extension ExpertBackend {
    /// Takes all experts.
    public func check(
        _ experts: borrowing ExpertWeights, shape: ExpertShape, activation: Activation
    ) throws(MoEError) {}

    /// The operator by the library's own kernels.
    public func dequantSwiGLUQuant(
        _ call: DequantSwiGLUQuant, threads: Int
    ) throws(MoEError) -> QuantizedRows {
        try MoE.dequantSwiGLUQuant(call, threads: threads, kernels: .chosen)
    }
}

/// Experts in the form in which a backend computes them.
public enum PreparedExperts: Sendable {
    /// The block walks through the stages.
    case stages(any ExpertStages)
    /// The backend does stages 4 to 6 in one go.
    case pass(any ExpertPass)
}

/// The sizes of a set of experts.
public struct ExpertShape: Sendable, Hashable {
    /// How many experts.
    public var expertCount: Int
    /// D: the width of a token.
    public var hiddenSize: Int
    /// H: the width between the two projections.
    public var expertWidth: Int

    /// Sizes of a set of experts.
    public init(expertCount: Int, hiddenSize: Int, expertWidth: Int) {
        self.expertCount = expertCount
        self.hiddenSize = hiddenSize
        self.expertWidth = expertWidth
    }
}

/// Experts that compute one stage at a time.
public protocol ExpertStages: Sendable {
    /// Whether the tokens' rows are read as int8 with a scale, or as float32.
    var readsQuantizedTokens: Bool { get }

    /// Stage 4: the gate·up projection of every row.
    func gateUp(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch,
        into rows: inout ExpertRows, threads: Int)

    /// Stage 5: activation, and quantisation for the next GEMM.
    func activate(_ dispatch: borrowing Dispatch, in rows: inout ExpertRows, threads: Int)

    /// Stage 6: the down-projection of every row, scaled to float32.
    func down(_ dispatch: borrowing Dispatch, in rows: inout ExpertRows, threads: Int)
}

/// Experts that compute stages 4 to 6 in one go.
public protocol ExpertPass: Sendable {
    /// Whether the tokens' rows are read as int8 with a scale, or as float32.
    var readsQuantizedTokens: Bool { get }

    /// Stages 4 to 6, and 7 where there is a sum.
    ///
    /// - Parameters:
    ///   - tokens: the tokens' rows.
    ///   - dispatch: which rows each expert has.
    ///   - rows: `rows.output` receives every row's output, `[R, D]`, where there is no sum.
    ///   - sum: the weighted sum of a token's rows, which the pass then computes itself.
    ///   - threads: how many threads may work.
    /// - Throws: what keeps the backend from carrying the pass out.
    func forward(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch,
        into rows: inout ExpertRows, sum: SlotSum?, threads: Int) throws(MoEError)
}
