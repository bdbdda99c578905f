extension ModelFamily {
    /// OLMoE and FlexOlmo: every layer, softmax, not renormalised; experts as wide as `intermediate_size`.
    static let olmoe = ModelFamily(
        "olmoe", "flex_olmo", moeLayers: .everyLayer,
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            experts: ExpertForm.published("mlp.experts"))
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .intermediateSize,
            router: config.softmaxRouter(renormalizedByDefault: false))
    }
}
