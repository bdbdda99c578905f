extension ModelFamily {
    /// Mixtral, MiniMax-Text-01 and M1: every layer, softmax, weights always brought to a sum of 1.
    static let mixtral = ModelFamily(
        "mixtral", "minimax", "minimax_text_01", "minimax_m1", moeLayers: .everyLayer,
        tensors: BlockTensors(
            router: [
                "block_sparse_moe.gate.weight", "mlp.gate.weight", "feed_forward.gate.weight",
            ],
            experts: [
                .w1w3w2("block_sparse_moe.experts"), .fused("mlp.experts"),
                .fusedTransposed("mlp.experts"), .w1w3w2("feed_forward.experts"),
            ])
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .intermediateSize, router: config.softmaxRouterToOne())
    }
}
