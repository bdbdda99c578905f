extension ModelFamily {
    /// Qwen2-MoE and Qwen1.5-MoE: softmax, not renormalised; a shared expert behind a sigmoid gate.
    static let qwen2MoE = ModelFamily(
        "qwen2_moe", moeLayers: .sparseStep,
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_expert")],
            sharedGate: ["mlp.shared_expert_gate.weight"])
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth,
            router: config.softmaxRouter(renormalizedByDefault: false),
            sharedWidth: config.required(.sharedExpertWidth))
    }
}
