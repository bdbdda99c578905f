internal import MoE

extension DeviceLimits {
    /// Checks a call of the fused operator that is legal by itself.
    ///
    /// - Parameters:
    ///   - call: the call, validated.
    ///   - operators: what this release of CANN has.
    /// - Throws: `unsupported`, naming what the device does not take.
    static func check(
        _ call: DequantSwiGLUQuant, operators: OperatorFunctions
    ) throws(AscendError) {
        switch call.input {
        case .float16:
            throw unsupported("x is F16; the device's DequantSwigluQuant takes I32 and BF16")
        case .accumulators(_, _, _, .some):
            throw unsupported(
                "bias: the device's DequantSwigluQuant is called with group_index, which takes none"
            )
        case .accumulators, .bfloat16: break
        }
        guard case .dynamic = call.quantization else {
            throw unsupported(
                "quant_mode static: the device's DequantSwigluQuant is called with group_index, "
                    + "which quantises dynamically")
        }
        var isInterleaved = false
        switch call.activation {
        case .plain: break
        case .interleavedClamped: isInterleaved = true
        case .clamped: break
        case .clampedAfter:
            throw unsupported("swiglu_mode 3: the device's DequantSwigluQuant has modes 0 to 2")
        }
        guard call.activation == .plain || operators.dequantSwiGLUQuantV2 != nil else {
            throw unsupported(
                "swiglu_mode \(call.activation.mode) needs aclnnDequantSwigluQuantV2, which this "
                    + "release lacks")
        }
        guard call.groups?.form != .pairs else {
            throw unsupported(
                "group_index [G, 2]: the device's DequantSwigluQuant takes counts [G]")
        }
        try checkColumns(2 * call.hiddenSize, isInterleaved: isInterleaved)
        try checkElements(call.tokenCount, 2 * call.hiddenSize, "x")
    }
}
