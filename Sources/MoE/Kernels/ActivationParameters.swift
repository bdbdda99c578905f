internal import MoEKernels

extension Activation {
    /// The activation as the kernels take it.
    var parameters: moe_activation {
        if let operatorMode { return operatorMode.parameters }
        var parameters = moe_activation()
        switch self {
        case .swiGLU, .clampedSwiGLU, .swiGLUClampedAfter:
            break
        case .geluTanh:
            parameters.kind = MOE_GELU_TANH
        case .softcappedSwiGLU(let gateCap, let upCap):
            parameters.kind = MOE_SWIGLU_SOFTCAPPED
            parameters.limit = gateCap
            parameters.up_limit = upCap
        case .squaredReLU:
            parameters.kind = MOE_SQUARED_RELU
        }
        return parameters
    }
}

extension SwiGLU {
    /// The activation as the kernels take it; interleaved columns are split before it.
    var parameters: moe_activation {
        var parameters = moe_activation()
        switch self {
        case .plain:
            parameters.kind = MOE_SWIGLU_PLAIN
        case .clamped(let clamp), .interleavedClamped(let clamp):
            parameters.kind = MOE_SWIGLU_CLAMPED
            parameters.limit = clamp.limit
            parameters.alpha = clamp.alpha
            parameters.bias = clamp.bias
        case .clampedAfter(let limit):
            parameters.kind = MOE_SWIGLU_CLAMPED_AFTER
            parameters.limit = limit
        }
        return parameters
    }
}
