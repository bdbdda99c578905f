extension ModelFamily {
    /// MiniMax-M2: every layer, sigmoid with correction bias, always renormalised.
    static let miniMaxM2 = ModelFamily(
        "minimax_m2", moeLayers: .everyLayer,
        tensors: BlockTensors(
            router: ["block_sparse_moe.gate.weight", "mlp.gate.weight"],
            correctionBias: [
                "block_sparse_moe.e_score_correction_bias", "mlp.e_score_correction_bias",
            ],
            experts: [.w1w3w2("block_sparse_moe.experts"), .fused("mlp.experts")])
    ) { config throws(CheckpointError) in
        _ = try config.word(["scoring_func"], of: ["sigmoid"], default: "sigmoid")
        var layer = try LayerDescription(
            config, expertWidth: .intermediateSize, router: config.sigmoidRouterToOne())
        layer.usesCorrectionBias = try config.flag(["use_routing_bias"], default: true)
        return layer
    }
}
