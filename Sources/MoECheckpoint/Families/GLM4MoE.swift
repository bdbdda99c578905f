extension ModelFamily {
    /// GLM-4.5, 4.6 and Air: DeepSeek-V3's router, one leading dense layer by default.
    static let glm4MoE = ModelFamily(
        "glm4_moe", moeLayers: .afterDenseLayers(default: 1),
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            correctionBias: ["mlp.gate.e_score_correction_bias"],
            experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_experts")])
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth,
            router: config.sigmoidGroupRouter(),
            sharedWidth: config.sharedWidth(times: .expertWidth))
    }
}
