extension ModelFamily {
    /// DeepSeek-V3, R1 and Kimi-K2: sigmoid with correction bias, groups, scaled weights.
    static let deepSeekV3 = ModelFamily(
        "deepseek_v3", "kimi_k2", moeLayers: .afterDenseLayers(default: 3),
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
