/// Routed experts of any backend between projections into their width and out of it.
///
/// To the block they are experts of the tokens' width that take a whole pass.
struct LatentExperts: ExpertPass {
    private let experts: PreparedExperts
    /// Their sizes, in the latent width.
    private let shape: ExpertShape
    private let compression: LinearProjection
    private let expansion: LinearProjection

    /// Experts of a latent width, and the projections around them; both fit.
    init(_ experts: PreparedExperts, shape: ExpertShape, _ projections: LatentProjections) {
        self.experts = experts
        self.shape = shape
        compression = LinearProjection(projections.compression)
        expansion = LinearProjection(projections.expansion)
    }

    /// The compression reads float32; the rows that it makes are quantised here.
    var readsQuantizedTokens: Bool { false }

    func forward(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch,
        into rows: inout ExpertRows, sum: SlotSum?, threads: Int
    ) throws(MoEError) {
        // Routed experts of a batch always have a sum.
        guard let sum, let x = tokens.hidden else { return }
        let latent = rows.latent ?? LatentRows(shape: shape)
        rows.latent = latent
        compress(x, into: latent, count: tokens.count, threads: threads)
        defer { latent.tokens.bind(nil, count: 0) }

        let latentSum = latent.sum(of: sum)
        var clock = StageClock()
        try experts.forward(
            latent.tokens, dispatch, into: &latent.rows, sum: latentSum, threads: threads,
            clock: &clock)
        if experts.leavesRows { Combine.sum(latent.rows, latentSum, threads: threads) }

        expansion.multiply(
            latent.sums.base, rows: tokens.count, into: sum.output,
            stride: expansion.outputWidth, threads: threads)
    }

    /// The tokens in the latent width, and quantised where the experts read them so.
    private func compress(
        _ x: UnsafePointer<Float>, into latent: LatentRows, count: Int, threads: Int
    ) {
        latent.hidden.resize(count * shape.hiddenSize)
        latent.sums.resize(count * shape.hiddenSize)
        compression.multiply(
            x, rows: count, into: latent.hidden.base, stride: shape.hiddenSize, threads: threads)
        latent.tokens.bind(latent.hidden.base, count: count)
        if experts.readsQuantizedTokens { latent.tokens.quantize(threads: threads) }
    }
}

/// What a pass keeps in the latent width.
final class LatentRows {
    /// The tokens, `[T, L]`.
    var hidden = Buffer<Float>()
    /// The same as the experts read them.
    var tokens: TokenRows
    /// What lies between the stages of the experts.
    var rows: ExpertRows
    /// Every token's weighted sum, `[T, L]`.
    var sums = Buffer<Float>()

    init(shape: ExpertShape) {
        tokens = TokenRows(width: shape.hiddenSize)
        rows = ExpertRows(shape: shape)
    }

    /// The sum of the same slots, of rows in the latent width.
    func sum(of sum: SlotSum) -> SlotSum {
        SlotSum(sum, hidden: hidden.base, output: sums.base)
    }
}

extension LatentExperts: TracedExperts {
    func trace(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch, sum: SlotSum?, threads: Int
    ) throws(MoEError) -> ExpertTrace {
        guard let traced = experts.traced, let x = tokens.hidden else {
            throw MoEError(.unsupported, "these experts do not show their stages")
        }
        let latent = LatentRows(shape: shape)
        compress(x, into: latent, count: tokens.count, threads: threads)
        return try traced.trace(
            latent.tokens, dispatch, sum: sum.map(latent.sum), threads: threads)
    }
}
