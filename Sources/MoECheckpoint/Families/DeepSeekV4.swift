internal import MoE

extension ModelFamily {
    /// DeepSeek-V4: sqrt(softplus) with a correction bias; all experts clamped before the SiLU.
    static let deepSeekV4 = ModelFamily(
        "deepseek_v4", moeLayers: .layerTypes(default: 0),
        tensors: BlockTensors(
            router: ["ffn.gate.weight", "mlp.gate.weight"],
            correctionBias: ["ffn.gate.bias", "mlp.gate.e_score_correction_bias"],
            experts: [.w1w3w2("ffn.experts"), .fused("mlp.experts")],
            shared: [
                .separate("ffn.shared_experts", gate: "w1", up: "w3", down: "w2"),
                .separate("mlp.shared_experts"),
            ])
    ) { config throws(CheckpointError) in
        let score = try config.word(
            ["scoring_func"], of: ["sqrtsoftplus", "sigmoid", "softmax"], default: "sqrtsoftplus")
        let router = RouterConfiguration(
            topK: try config.required(.topK),
            score: score == "sigmoid" ? .sigmoid : score == "softmax" ? .softmax : .sqrtSoftplus,
            renormalization: .sum(epsilon: 1e-20), scalingFactor: try config.scalingFactor())
        return try LayerDescription(
            config, expertWidth: .expertWidth, router: router,
            activation: config.clampedBeforeSiLU(limit: 10),
            sharedWidth: config.sharedWidth(times: .expertWidth))
    }
}
