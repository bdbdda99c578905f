extension ModelFamily {
    /// Solar Open: DeepSeek-V3's block in every layer.
    static let solarOpen = ModelFamily(
        "solar_open", moeLayers: .everyLayer, tensors: .deepSeekV3
    ) { config throws(CheckpointError) in
        try config.deepSeekV3Layer()
    }
}
