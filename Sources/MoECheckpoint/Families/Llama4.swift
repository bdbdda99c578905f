internal import MoE

extension ModelFamily {
    /// Llama 4: the best logit, its sigmoid on the expert's input; a shared expert.
    static let llama4 = ModelFamily(
        "llama4", "llama4_text", moeLayers: .interleaved,
        tensors: BlockTensors(
            router: ["feed_forward.router.weight"],
            experts: [
                .fusedTransposed("feed_forward.experts"), .perExpert("feed_forward.experts"),
            ],
            shared: [.separate("feed_forward.shared_expert")])
    ) { config throws(CheckpointError) in
        var layer = try LayerDescription(
            config, expertWidth: .intermediateSize,
            router: RouterConfiguration(
                topK: config.required(.topK), score: .logits, weighting: .sigmoidOfSelected),
            sharedWidth: config.required(.intermediateSize))
        layer.weightsInput = true
        return layer
    }
}

extension MoELayerRule {
    /// Those that `moe_layers` lists, else every `interleave_moe_layer_step`-th.
    fileprivate static let interleaved = MoELayerRule(
        origin: "moe_layers and interleave_moe_layer_step"
    ) { (config: LayerConfiguration) throws(CheckpointError) in
        if let layers = try config.optionalLayers("moe_layers") {
            return layers.contains(config.layer)
        }
        let step = try config.integer("interleave_moe_layer_step", in: 1...4096, default: 1)
        return (config.layer + 1) % step == 0
    }
}
