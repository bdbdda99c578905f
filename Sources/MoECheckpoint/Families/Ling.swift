extension ModelFamily {
    /// Ling 1: softmax, renormalised by default; shared experts as one.
    static let ling1 = ModelFamily(
        "bailing_moe", moeLayers: .afterDenseLayers(default: 0),
        tensors: BlockTensors(
            router: ["mlp.gate.weight"], experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_experts")]),
        checkedAgainst: .publishedCode
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth,
            router: config.softmaxRouter(renormalizedByDefault: true),
            sharedWidth: config.sharedWidth(times: .expertWidth))
    }

    /// Ling and Ring 2: DeepSeek-V3's block; some publish under the first one's `model_type`.
    static let ling2 = ModelFamily(
        "bailing_moe_v2", architectures: ["BailingMoeV2ForCausalLM"],
        moeLayers: .afterDenseLayers(default: 0), tensors: .ling, checkedAgainst: .publishedCode
    ) { config throws(CheckpointError) in
        _ = try config.word(["score_function"], of: ["sigmoid"], default: "sigmoid")
        var layer = try config.deepSeekV3Layer()
        layer.usesCorrectionBias = try config.flag(
            ["moe_router_enable_expert_bias"], default: false)
        return layer
    }

    /// Ling 3: DeepSeek-V3's block, two leading dense layers by default.
    static let ling3 = ModelFamily(
        "bailing_hybrid", moeLayers: .layerTypes(default: 2), tensors: .ling
    ) { config throws(CheckpointError) in
        try config.deepSeekV3Layer()
    }
}

extension BlockTensors {
    /// Ling's names, and transformers' for its bias.
    fileprivate static let ling = BlockTensors(
        router: ["mlp.gate.weight"],
        correctionBias: ["mlp.gate.expert_bias", "mlp.gate.e_score_correction_bias"],
        experts: ExpertForm.published("mlp.experts"),
        shared: [.separate("mlp.shared_experts")])
}
