/// What happens between the first projection and the down-projection.
public enum Activation: Sendable, Hashable {
    /// `silu(gate) * up`.
    case swiGLU
    /// `min(gate, limit)` and `clamp(up, ±limit) + bias`, sigmoid of `alpha * gate`.
    case clampedSwiGLU(ClampedSwiGLU)
    /// `min(silu(gate), limit) * clamp(up, ±limit)`.
    case swiGLUClampedAfter(limit: Float)
    /// `gelu(gate) * up`, the GELU by its approximation with tanh.
    case geluTanh
    /// `g * tanh(gate / g) * sigmoid(gate) * u * tanh(up / u)` for caps g and u.
    case softcappedSwiGLU(gateCap: Float, upCap: Float)
    /// `max(x, 0)²` of a projection without a gate.
    case squaredReLU

    /// Whether the first projection has gate rows beside the up rows.
    public var isGated: Bool { self != .squaredReLU }

    /// The operator's mode for columns that stand as halves, the gate's first; nil for an
    /// activation that is not the operator's.
    package var operatorMode: SwiGLU? {
        switch self {
        case .swiGLU: .plain
        case .clampedSwiGLU(let parameters): .clamped(parameters)
        case .swiGLUClampedAfter(let limit): .clampedAfter(limit: limit)
        case .geluTanh, .softcappedSwiGLU, .squaredReLU: nil
        }
    }
}
