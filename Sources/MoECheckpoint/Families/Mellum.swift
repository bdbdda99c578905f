extension ModelFamily {
    /// Mellum 2: softmax, renormalised by default; every layer unless `mlp_layer_types` says not.
    static let mellum = ModelFamily(
        "mellum", moeLayers: .layerTypes(default: 0),
        tensors: BlockTensors(
            router: ["mlp.gate.weight"], experts: ExpertForm.published("mlp.experts"))
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth,
            router: config.softmaxRouter(renormalizedByDefault: true))
    }
}
