internal import MoE

extension ModelFamily {
    /// Jamba: every second layer by default, softmax, not renormalised.
    static let jamba = ModelFamily(
        "jamba", moeLayers: .period,
        tensors: BlockTensors(
            router: ["feed_forward.router.weight"],
            experts: ExpertForm.published("feed_forward.experts"))
    ) { config throws(CheckpointError) in
        var router = try config.softmaxRouterToOne()
        router.renormalization = .none
        return try LayerDescription(config, expertWidth: .intermediateSize, router: router)
    }
}

extension MoELayerRule {
    /// One layer in `expert_layer_period`, at `expert_layer_offset`, where there are two experts.
    fileprivate static let period = MoELayerRule(
        origin: "expert_layer_period and expert_layer_offset"
    ) { (config: LayerConfiguration) throws(CheckpointError) in
        let period = try config.integer("expert_layer_period", in: 1...4096, default: 2)
        let offset = try config.integer("expert_layer_offset", in: 0...4095, default: 1)
        let hasChoice = try config.optional(.expertCount) != 1
        return hasChoice && config.layer % period == offset
    }
}
