extension ModelFamily {
    /// Qwen3-Next: softmax, renormalised by default; a shared expert behind a sigmoid gate.
    static let qwen3Next = ModelFamily(
        "qwen3_next", moeLayers: .sparseStep, tensors: .qwenSharedGate
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth,
            router: config.softmaxRouter(renormalizedByDefault: true),
            sharedWidth: config.required(.sharedExpertWidth))
    }

    /// Qwen4-Exp: the same block in every layer.
    static let qwen4Exp = ModelFamily(
        "qwen4_exp", "qwen4_exp_text", moeLayers: .everyLayer, tensors: .qwenSharedGate
    ) { config throws(CheckpointError) in
        try qwen3Next.describe(config)
    }
}

extension BlockTensors {
    /// The names of Qwen's blocks with a gated shared expert.
    static let qwenSharedGate = BlockTensors(
        router: ["mlp.gate.weight"],
        experts: ExpertForm.published("mlp.experts"),
        shared: [.separate("mlp.shared_expert")],
        sharedGate: ["mlp.shared_expert_gate.weight"])
}
