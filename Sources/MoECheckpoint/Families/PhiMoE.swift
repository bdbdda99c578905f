internal import MoE

extension ModelFamily {
    /// Phi-3.5-MoE: every layer, two experts by the SparseMixer.
    static let phiMoE = ModelFamily(
        "phimoe", moeLayers: .everyLayer,
        tensors: BlockTensors(
            router: ["block_sparse_moe.gate.weight", "mlp.router.weight"],
            experts: [.w1w3w2("block_sparse_moe.experts"), .fused("mlp.experts")])
    ) { config throws(CheckpointError) in
        let jitter = try config.number(["router_jitter_noise"], default: 0.01)
        return try LayerDescription(
            config, expertWidth: .intermediateSize,
            router: RouterConfiguration(
                topK: config.required(.topK), score: .logits,
                weighting: .sparseMixer(jitter: jitter)))
    }
}
