internal import MoE

extension ModelFamily {
    /// DeepSeek-V3, R1, Kimi-K2 and K2.5: sigmoid with correction bias, groups, scaled weights.
    static let deepSeekV3 = ModelFamily(
        "deepseek_v3", "kimi_k2", "kimi_k25", moeLayers: .afterDenseLayers(default: 3),
        tensors: .deepSeekV3
    ) { config throws(CheckpointError) in
        try config.deepSeekV3Layer()
    }

    /// DeepSeek-V3.2: the same block; the layers may be listed.
    static let deepSeekV32 = ModelFamily(
        "deepseek_v32", moeLayers: .layerTypes(default: 3), tensors: .deepSeekV3
    ) { config throws(CheckpointError) in
        try config.deepSeekV3Layer()
    }
}

extension LayerConfiguration {
    /// A layer with DeepSeek-V3's router and keys, which many families have.
    ///
    /// - Parameter activation: what happens between the projections; nil reads `hidden_act`.
    /// - Returns: the layer.
    /// - Throws: `configuration` for keys that are missing or hold what no model has.
    func deepSeekV3Layer(
        activation: Activation? = nil
    ) throws(CheckpointError) -> LayerDescription {
        try LayerDescription(
            self, expertWidth: .expertWidth, router: sigmoidGroupRouter(), activation: activation,
            sharedWidth: sharedWidth(times: .expertWidth))
    }
}
