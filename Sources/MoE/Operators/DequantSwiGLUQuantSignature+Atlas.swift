extension DequantSwiGLUQuantSignature {
    /// The widest H that the operator's page allows with groups on Atlas A2 and A3.
    private static let widestGroupedHidden = 10496

    /// A1–A12: what Atlas A2 and A3 refuse, or compute differently without a word.
    func checkAtlas() throws(MoEError) {
        let x = entries[.x]
        let quantScale = entries[.quantScale]
        let quantOffset = entries[.quantOffset]
        let groups = entries[.groupIndex]
        func refuse(_ number: Int, if condition: Bool, _ reason: String) throws(MoEError) {
            if condition { throw MoEError(.operatorA(number), "atlas: \(reason)") }
        }

        try refuse(
            1, if: x?.type == .i32 && entries[.activationScale] == nil,
            "activation_scale is required when x is I32")
        try refuse(
            2, if: !isDynamic && (quantScale == nil || quantOffset == nil),
            "static mode needs quant_scale and quant_offset")
        try refuse(
            3, if: !isDynamic && (quantScale?.type != .f32 || quantOffset?.type != .f32),
            "static mode needs quant_scale and quant_offset in F32")
        try refuse(
            4, if: groups == nil && activation.mode != 0,
            "swiglu_mode \(activation.mode) needs group_index; without it mode 0 is computed")
        try refuse(
            5, if: groups == nil && quantScale != nil && quantScale?.type != .f32,
            "quant_scale must be F32 without group_index, but is \(quantScale?.text ?? "missing")")
        guard let groups else { return }
        try refuse(
            6, if: groups.shape.count != 1,
            "group_index must be one-dimensional, but is \(groups.shape)")
        try refuse(
            7, if: entries[.bias] != nil, "bias cannot be combined with group_index")
        try refuse(8, if: !isDynamic, "static mode cannot be combined with group_index")
        try refuse(
            9, if: hiddenSize > Self.widestGroupedHidden || !hiddenSize.isMultiple(of: 64),
            "H is \(hiddenSize), but group_index needs a multiple of 64 up to "
                + "\(Self.widestGroupedHidden)")
        try refuse(10, if: x?.type == .f16, "x cannot be F16 with group_index")
        try refuse(
            11, if: activation.mode == 1 && gate != .left,
            "swiglu_mode 1 with group_index needs activate_left")
        if let quantScale {
            let groupCount = groups.shape[0]
            let isWhole = quantScale.shape == [groupCount, hiddenSize]
            try refuse(
                12, if: !isWhole && !(groupCount == 1 && quantScale.shape == [hiddenSize]),
                "quant_scale is \(quantScale.shape), but group_index needs "
                    + "[\(groupCount), \(hiddenSize)]")
        }
    }
}

extension SwiGLU {
    /// The operator's number of the activation, `swiglu_mode`.
    package var mode: Int {
        switch self {
        case .plain: 0
        case .interleavedClamped: 1
        case .clamped: 2
        case .clampedAfter: 3
        }
    }
}
