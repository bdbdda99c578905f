extension ModelFamily {
    /// Granite 3 and 4: a softmax over the chosen logits; a shared expert beside the block.
    static let granite = ModelFamily(
        "granitemoe", "granitemoeshared", "granitemoehybrid", "granitemoe_swa",
        moeLayers: .everyLayer,
        tensors: BlockTensors(
            router: ["block_sparse_moe.router.layer.weight", "block_sparse_moe.router.weight"],
            experts: [
                .stacked(
                    "block_sparse_moe.input_linear.weight",
                    "block_sparse_moe.output_linear.weight"),
                .fused("block_sparse_moe.experts"),
            ],
            shared: [
                .together("shared_mlp.input_linear.weight", "shared_mlp.output_linear.weight")
            ])
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .intermediateSize, router: config.softmaxOfBestLogits(),
            sharedWidth: config.optional(.sharedExpertWidth) ?? 0)
    }

    /// JetMoE: the same experts, and one bias of the whole block.
    ///
    /// A token's weights have a sum of 1, so that the bias may stand behind every expert.
    static let jetMoE = ModelFamily(
        "jetmoe", moeLayers: .everyLayer,
        tensors: BlockTensors(
            router: ["mlp.router.layer.weight"],
            experts: [
                .stacked("mlp.input_linear.weight", "mlp.output_linear.weight")
                    .biased(down: ExpertTensor(name: "mlp.bias"))
            ])
    ) { config throws(CheckpointError) in
        _ = try config.siluActivation(["activation_function"])
        return try LayerDescription(
            config, expertWidth: .intermediateSize, router: config.softmaxOfBestLogits())
    }
}
