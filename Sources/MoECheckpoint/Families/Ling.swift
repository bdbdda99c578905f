internal import MoE

extension ModelFamily {
    /// Ling and Ring: version 1 with a softmax, version 2 with DeepSeek-V3's router.
    ///
    /// Both publish under one `model_type`; `architectures` tells them apart.
    static let ling = ModelFamily(
        "bailing_moe", "bailing_moe_v2", moeLayers: .afterDenseLayers(default: 0),
        tensors: BlockTensors(
            router: ["mlp.gate.weight"], correctionBias: ["mlp.gate.expert_bias"],
            experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_experts")]),
        checkedAgainst: .publishedCode
    ) { config throws(CheckpointError) in
        let isSecond = try config.isLing2()
        var layer = try LayerDescription(
            config, expertWidth: .expertWidth, router: config.lingRouter(isSecond: isSecond),
            sharedWidth: config.sharedWidth(times: .expertWidth))
        let hasBias = try config.flag(["moe_router_enable_expert_bias"], default: false)
        layer.usesCorrectionBias = isSecond && hasBias
        return layer
    }

    /// Ling 3: DeepSeek-V3's block, two leading dense layers by default.
    static let ling3 = ModelFamily(
        "bailing_hybrid", moeLayers: .layerTypes(default: 2),
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            correctionBias: ["mlp.gate.expert_bias", "mlp.gate.e_score_correction_bias"],
            experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_experts")])
    ) { config throws(CheckpointError) in
        try config.deepSeekV3Layer()
    }
}

extension LayerConfiguration {
    fileprivate func isLing2() throws(CheckpointError) -> Bool {
        if model.architectures.contains("BailingMoeV2ForCausalLM") { return true }
        return try model.modelTypes().contains("bailing_moe_v2")
    }

    fileprivate func lingRouter(
        isSecond: Bool
    ) throws(CheckpointError) -> RouterConfiguration {
        guard isSecond else { return try softmaxRouter(renormalizedByDefault: true) }
        _ = try word(["score_function"], of: ["sigmoid"], default: "sigmoid")
        return try sigmoidGroupRouter()
    }
}
