extension ModelFamily {
    /// MiniMax-M3's text model: M2's router, gpt-oss's activation, a shared expert beside.
    static let miniMaxM3 = ModelFamily(
        "minimax_m3_vl", "minimax_m3_vl_text", moeLayers: .layerTypes(default: 0),
        tensors: BlockTensors(
            router: ["block_sparse_moe.gate.weight", "mlp.gate.weight"],
            correctionBias: [
                "block_sparse_moe.e_score_correction_bias", "mlp.gate.e_score_correction_bias",
            ],
            experts: [.w1w3w2("block_sparse_moe.experts"), .fused("mlp.experts")],
            shared: [
                .separate("block_sparse_moe.shared_experts"),
                .together(
                    "mlp.shared_experts.gate_up_proj.weight",
                    "mlp.shared_experts.down_proj.weight"),
            ])
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .intermediateSize, router: config.sigmoidRouterToOne(),
            activation: config.clampedOpenAI(), sharedWidth: config.required(.sharedExpertWidth))
    }
}
