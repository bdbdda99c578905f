/// What lies between the stages for one set of experts: one row per (token, slot) pair.
///
/// A backend that computes stage by stage writes the intermediates; one that takes the whole pass
/// writes `output` only.
public struct ExpertRows: ~Copyable {
    package let shape: ExpertShape
    /// GEMM 1 of int8 experts, `[R, 2H]`.
    var accumulators = Buffer<Int32>()
    /// The activation scale of every row's token, `[R]`.
    var activationScale = Buffer<Float>()
    /// GEMM 1 of float experts, `[R, 2H]`.
    var gateUp = Buffer<Float>()
    /// The activation of int8 experts, `[R, H]`, and its scale, `[R]`.
    var quantized = Buffer<Int8>()
    var quantizedScale = Buffer<Float>()
    /// The activation of float experts, `[R, H]`.
    var activated = Buffer<Float>()
    /// GEMM 2, scaled: `[R, D]`.
    package var output = Buffer<Float>()
    /// What a worker needs for one tile, workers after one another.
    var scratch = Buffer<Float>()
    /// What native passes keep.
    var native = NativeRows()
    /// What passes in a latent width keep; nil before the first one.
    var latent: LatentRows?

    init(shape: ExpertShape) {
        self.shape = shape
    }
}
