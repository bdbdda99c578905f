extension ModelFamily {
    /// Qwen3.5: every layer, softmax, always renormalised; a shared expert behind a sigmoid gate.
    static let qwen35MoE = ModelFamily(
        "qwen3_5_moe", "qwen3_5_moe_text", moeLayers: .everyLayer, tensors: .qwenSharedGate
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth, router: config.softmaxRouterToOne(),
            sharedWidth: config.required(.sharedExpertWidth))
    }
}
