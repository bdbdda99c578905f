extension ModelFamily {
    /// Qwen3-MoE: softmax, renormalised in all published files, no shared expert.
    static let qwen3MoE = ModelFamily(
        "qwen3_moe", moeLayers: .sparseStep,
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            experts: ExpertForm.published("mlp.experts"))
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth,
            router: config.softmaxRouter(renormalizedByDefault: false))
    }
}
