internal import MoE

extension ModelFamily {
    /// Mixtral: every layer, softmax, weights always brought to a sum of 1.
    static let mixtral = ModelFamily(
        "mixtral", moeLayers: .everyLayer,
        tensors: BlockTensors(
            router: ["block_sparse_moe.gate.weight", "mlp.gate.weight"],
            experts: [
                .w1w3w2("block_sparse_moe.experts"), .fused("mlp.experts"),
                .fusedTransposed("mlp.experts"),
            ])
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .intermediateSize,
            router: RouterConfiguration(
                topK: config.required(.topK), score: .softmax, renormalization: .sum(epsilon: 0)))
    }
}
