internal import MoE

extension ModelFamily {
    /// Arctic: every second layer by default, softmax, renormalised where k is above 1.
    ///
    /// The dense network beside the block has another input and is the layer's, not the block's.
    static let arctic = ModelFamily(
        "arctic", moeLayers: .frequency,
        tensors: BlockTensors(
            router: ["block_sparse_moe.gate.weight"],
            experts: [.w1w3w2("block_sparse_moe.experts")]),
        checkedAgainst: .publishedCode
    ) { config throws(CheckpointError) in
        var router = try config.softmaxRouterToOne()
        if router.topK == 1 { router.renormalization = .none }
        return try LayerDescription(config, expertWidth: .intermediateSize, router: router)
    }
}

extension MoELayerRule {
    /// Every `moe_layer_frequency`-th layer.
    fileprivate static let frequency = MoELayerRule(origin: "moe_layer_frequency") {
        (config: LayerConfiguration) throws(CheckpointError) in
        let step = try config.integer("moe_layer_frequency", in: 1...4096, default: 2)
        return (config.layer + 1) % step == 0
    }
}
