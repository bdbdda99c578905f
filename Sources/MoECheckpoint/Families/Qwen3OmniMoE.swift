extension ModelFamily {
    /// The thinker of Qwen3-Omni: softmax, renormalised by default, no shared expert.
    static let qwen3OmniMoE = ModelFamily(
        "qwen3_omni_moe", "qwen3_omni_moe_text", moeLayers: .sparseStep,
        tensors: BlockTensors(
            router: ["mlp.gate.weight"], experts: ExpertForm.published("mlp.experts"))
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth,
            router: config.softmaxRouter(renormalizedByDefault: true))
    }
}
