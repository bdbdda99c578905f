extension ModelFamily {
    /// MiMo-V2-Flash: DeepSeek-V3's router, no shared expert; the first layer is dense by default.
    static let miMoV2 = ModelFamily(
        "mimo_v2_flash", moeLayers: .layerTypes(default: 1), tensors: .deepSeekV3Routed
    ) { config throws(CheckpointError) in
        try config.deepSeekV3Layer()
    }
}
