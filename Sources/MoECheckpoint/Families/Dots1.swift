extension ModelFamily {
    /// dots.llm1: DeepSeek-V3's block, no leading dense layer by default.
    static let dots1 = ModelFamily(
        "dots1", moeLayers: .afterDenseLayers(default: 0), tensors: .deepSeekV3
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth,
            router: config.sigmoidGroupRouter(renormalizedByDefault: false),
            sharedWidth: config.sharedWidth(times: .expertWidth))
    }

    /// dots3-note's text model: shared experts of a width of their own.
    static let dots3Note = ModelFamily(
        "dots3_note", "dots3_note_text", moeLayers: .layerTypes(default: 1), tensors: .deepSeekV3
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth, router: config.sigmoidGroupRouter(),
            sharedWidth: config.sharedWidth(times: .ownSharedWidth))
    }
}

extension Quantity {
    /// Rows of one of several shared experts.
    fileprivate static let ownSharedWidth = Quantity(
        name: "the width of a shared expert",
        keys: ["shared_experts_intermediate_size", "moe_shared_expert_intermediate_size"],
        range: width)
}
