internal import MoE

extension DeviceLimits {
    /// Checks a set of experts.
    ///
    /// - Parameters:
    ///   - experts: the weights.
    ///   - shape: their sizes.
    ///   - activation: what happens between the two projections.
    ///   - options: how weights are to lie.
    ///   - operators: what this release of CANN has.
    /// - Throws: `unsupported`, naming what the device cannot take and its limit.
    static func check(
        _ experts: borrowing ExpertWeights, shape: ExpertShape, activation: Activation,
        options: AscendOptions, operators: OperatorFunctions
    ) throws(AscendError) {
        guard case .int8(let experts) = copy experts else {
            throw unsupported("float experts: the device computes int8 experts")
        }
        try check(activation, operators: operators)
        for (index, expert) in experts.enumerated()
        where expert.gateUpBias != nil || expert.downBias != nil {
            throw unsupported(
                "expert \(index) has biases, which the device's operators do not take with groups")
        }
        try checkColumns(2 * shape.expertWidth, isInterleaved: false)
        for (depth, columns) in [
            (shape.hiddenSize, 2 * shape.expertWidth), (shape.expertWidth, shape.hiddenSize),
        ] {
            try checkProduct(
                experts: shape.expertCount, depth: depth, columns: columns,
                format: options.weightFormat)
        }
    }

    private static func check(
        _ activation: Activation, operators: OperatorFunctions
    ) throws(AscendError) {
        switch activation {
        case .swiGLU: return
        case .clampedSwiGLU:
            guard operators.dequantSwiGLUQuantV2 != nil else {
                throw unsupported(
                    "a clamped SwiGLU needs aclnnDequantSwigluQuantV2, which this release lacks")
            }
        case .swiGLUClampedAfter, .geluTanh, .softcappedSwiGLU, .squaredReLU:
            throw unsupported(
                "activation \(activation): the device's DequantSwigluQuant has SwiGLU, plain or "
                    + "clamped before")
        }
    }
}
