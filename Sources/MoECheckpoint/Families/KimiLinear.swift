extension ModelFamily {
    /// Kimi-Linear: DeepSeek-V3's router under Mixtral's names for the experts.
    static let kimiLinear = ModelFamily(
        "kimi_linear", moeLayers: .layerTypes(default: 1),
        tensors: BlockTensors(
            router: ["block_sparse_moe.gate.weight", "mlp.gate.weight"],
            correctionBias: [
                "block_sparse_moe.gate.e_score_correction_bias", "mlp.gate.e_score_correction_bias",
            ],
            experts: [.w1w3w2("block_sparse_moe.experts"), .fused("mlp.experts")],
            shared: [
                .separate("block_sparse_moe.shared_experts"), .separate("mlp.shared_experts"),
            ])
    ) { config throws(CheckpointError) in
        _ = try config.word(["moe_router_activation_func"], of: ["sigmoid"], default: "sigmoid")
        return try config.deepSeekV3Layer()
    }
}
