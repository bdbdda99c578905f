extension ModelFamily {
    /// The thinker of Qwen3-Omni: softmax, renormalised by default, no shared expert.
    static let qwen3OmniMoE = ModelFamily(
        "qwen3_omni_moe", "qwen3_omni_moe_text",
        part: ModelPart(name: "thinker", tensorPrefix: "thinker."), moeLayers: .sparseStep,
        tensors: BlockTensors(
            router: ["mlp.gate.weight"], experts: ExpertForm.published("mlp.experts"))
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth,
            router: config.softmaxRouter(renormalizedByDefault: true))
    }

    /// The talker of Qwen3-Omni, a decoder of its own: Qwen2-MoE's layer.
    static let qwen3OmniTalker = ModelFamily(
        "qwen3_omni_moe", "qwen3_omni_moe_talker_text",
        part: ModelPart(
            name: "talker", configuration: "talker_config.text_config", tensorPrefix: "talker."),
        moeLayers: .sparseStep, tensors: .qwenSharedGate
    ) { config throws(CheckpointError) in
        try qwen2MoE.describe(config)
    }
}
