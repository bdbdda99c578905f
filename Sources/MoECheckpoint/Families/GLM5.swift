extension ModelFamily {
    /// GLM-5: DeepSeek-V3's block, three leading dense layers by default.
    static let glm5 = ModelFamily(
        "glm_moe_dsa", moeLayers: .layerTypes(default: 3), tensors: .deepSeekV3
    ) { config throws(CheckpointError) in
        try config.deepSeekV3Layer()
    }

    /// GLM-5.3: the same, gate and up clamped before the SiLU in all experts.
    static let glm5Next = ModelFamily(
        "glm5_next", "glm5_next_text", moeLayers: .layerTypes(default: 3), tensors: .deepSeekV3
    ) { config throws(CheckpointError) in
        try config.deepSeekV3Layer(activation: config.clampedBeforeSiLU(limit: 10))
    }
}
