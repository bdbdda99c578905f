internal import MoE

extension ModelFamily {
    /// LFM2-MoE: sigmoid with a correction bias, renormalised by default.
    static let lfm2MoE = ModelFamily(
        "lfm2_moe", moeLayers: .afterNumDenseLayers(default: 2),
        tensors: BlockTensors(
            router: ["feed_forward.gate.weight"], correctionBias: ["feed_forward.expert_bias"],
            experts: [.w1w3w2("feed_forward.experts"), .fused("feed_forward.experts")])
    ) { config throws(CheckpointError) in
        let router = RouterConfiguration(
            topK: try config.required(.topK), score: .sigmoid,
            renormalization: try config.renormalizes(default: true) ? .sum(epsilon: 1e-6) : .none,
            scalingFactor: try config.scalingFactor())
        var layer = try LayerDescription(config, expertWidth: .expertWidth, router: router)
        layer.usesCorrectionBias = try config.flag(["use_expert_bias"], default: true)
        return layer
    }
}
