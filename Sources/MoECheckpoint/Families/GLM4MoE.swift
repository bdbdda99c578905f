extension ModelFamily {
    /// GLM-4.5, 4.6, Air and 4.5V: DeepSeek-V3's block, one leading dense layer by default.
    static let glm4MoE = ModelFamily(
        "glm4_moe", "glm4v_moe", "glm4v_moe_text", moeLayers: .afterDenseLayers(default: 1),
        tensors: .deepSeekV3
    ) { config throws(CheckpointError) in
        try config.deepSeekV3Layer()
    }

    /// GLM-4.7-Flash: the same block; the layers may be listed.
    static let glm4MoELite = ModelFamily(
        "glm4_moe_lite", moeLayers: .layerTypes(default: 1), tensors: .deepSeekV3
    ) { config throws(CheckpointError) in
        try config.deepSeekV3Layer()
    }
}
