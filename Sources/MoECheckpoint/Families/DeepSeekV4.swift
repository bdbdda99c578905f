internal import MoE

extension ModelFamily {
    /// DeepSeek-V4: sqrt(softplus) with a correction bias; all experts clamped before the SiLU.
    ///
    /// The first layers look a token's experts up by its id and have no correction bias.
    static let deepSeekV4 = ModelFamily(
        "deepseek_v4", moeLayers: .layerTypes(default: 0),
        tensors: BlockTensors(
            router: ["ffn.gate.weight", "mlp.gate.weight"],
            correctionBias: ["ffn.gate.bias", "mlp.gate.e_score_correction_bias"],
            expertsOfToken: ["ffn.gate.tid2eid", "mlp.gate.tid2eid"],
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
        var layer = try LayerDescription(
            config, expertWidth: .expertWidth, router: router,
            activation: config.clampedBeforeSiLU(limit: 10),
            sharedWidth: config.sharedWidth(times: .expertWidth))
        if try config.looksExpertsUp() {
            layer.vocabularySize = try config.required(.vocabularySize)
            layer.usesCorrectionBias = false
        }
        return layer
    }
}

extension LayerConfiguration {
    /// Whether the layer is a `hash_moe` of `mlp_layer_types`, or one of the `num_hash_layers`.
    fileprivate func looksExpertsUp() throws(CheckpointError) -> Bool {
        if let type = try layerType() { return type == .hashMoE }
        return try layer < integer("num_hash_layers", in: 0...4096, default: 3)
    }
}

extension Quantity {
    /// Tokens of the vocabulary: V.
    fileprivate static let vocabularySize = Quantity(
        name: "the size of the vocabulary", keys: ["vocab_size"], range: 1...(1 << 24))
}
