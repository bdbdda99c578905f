extension ModelFamily {
    /// Hunyuan 3: sigmoid with correction bias, always renormalised, no groups.
    static let hyV3 = ModelFamily(
        "hy_v3", moeLayers: .layerTypes(default: 1),
        tensors: BlockTensors(
            router: ["mlp.router.gate.weight", "mlp.gate.weight"],
            correctionBias: ["mlp.expert_bias", "mlp.e_score_correction_bias"],
            experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_mlp"), .separate("mlp.shared_experts")])
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth, router: config.sigmoidRouterToOne(epsilon: 1e-20),
            sharedWidth: config.sharedWidth(times: .expertWidth))
    }

    /// Hunyuan 4: DeepSeek-V3's block, the routed experts clamped before the SiLU.
    ///
    /// transformers saves the shared expert's gate as `linear_gate`.
    static let hyV4 = ModelFamily(
        "hy_v4", moeLayers: .layerTypes(default: 1),
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            correctionBias: ["mlp.gate.e_score_correction_bias"],
            experts: ExpertForm.published("mlp.experts"),
            shared: [
                .separate("mlp.shared_experts"),
                .separate("mlp.shared_experts", gate: "linear_gate"),
            ])
    ) { config throws(CheckpointError) in
        var layer = try config.deepSeekV3Layer(activation: config.clampedBeforeSiLU(limit: 10))
        layer.sharedActivation = try config.siluActivation()
        return layer
    }
}
