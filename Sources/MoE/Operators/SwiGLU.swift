/// The gated activation of the fused operator; `act` is the half that gets the sigmoid.
///
/// Every case carries its own parameters, so that a limit without a clamp cannot be written.
/// The numbers of the cases are the `swiglu_mode` of `npu_dequant_swiglu_quant`.
public enum SwiGLU: Sendable, Hashable {
    /// Mode 0: `act / (1 + exp(-act)) * lin`.
    case plain
    /// Mode 1: columns interleaved (act, lin, act, lin, …), clamped as mode 2.
    case interleavedClamped(ClampedSwiGLU)
    /// Mode 2: halves; `act = min(act, limit)`, `lin = clamp(lin, ±limit) + bias`,
    /// `act / (1 + exp(-alpha * act)) * lin`.
    case clamped(ClampedSwiGLU)
    /// Mode 3: halves; `min(act / (1 + exp(-act)), limit) * clamp(lin, ±limit)`.
    case clampedAfter(limit: Float)
}

/// The parameters of a clamped SwiGLU.
public struct ClampedSwiGLU: Sendable, Hashable {
    /// Where act is cut from above and lin from both sides; finite and above 0.
    public var limit: Float
    /// What act is multiplied by inside the exponential; finite.
    public var alpha: Float
    /// What is added to lin after its clamp; finite.
    public var bias: Float

    /// The parameters of a clamped SwiGLU; gpt-oss uses the defaults.
    public init(limit: Float = 7, alpha: Float = 1.702, bias: Float = 1) {
        self.limit = limit
        self.alpha = alpha
        self.bias = bias
    }
}
