extension ModelFamily {
    /// Beam: DeepSeek-V3's router, whose factor the model applies to the routed sum; none shared.
    static let beam = ModelFamily(
        "beam", moeLayers: .layerTypes(default: 3), tensors: .deepSeekV3Routed
    ) { config throws(CheckpointError) in
        try config.deepSeekV3Layer()
    }
}
