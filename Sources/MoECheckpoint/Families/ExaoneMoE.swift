extension ModelFamily {
    /// K-EXAONE: DeepSeek-V3's block, the correction bias beside the gate.
    static let exaoneMoE = ModelFamily(
        "exaone_moe", moeLayers: .layerTypes(default: 1),
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            correctionBias: ["mlp.e_score_correction_bias", "mlp.gate.e_score_correction_bias"],
            experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_experts")])
    ) { config throws(CheckpointError) in
        try config.deepSeekV3Layer()
    }
}
