extension ModelFamily {
    /// Qwen2-MoE and Qwen1.5-MoE: softmax, not renormalised; a shared expert behind a sigmoid gate.
    static let qwen2MoE = ModelFamily(
        "qwen2_moe", moeLayers: .sparseStep, tensors: .qwenSharedGate
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth,
            router: config.softmaxRouter(renormalizedByDefault: false),
            sharedWidth: config.required(.sharedExpertWidth))
    }
}
