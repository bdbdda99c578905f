extension ModelFamily {
    /// Trinity: sigmoid with a correction bias, always renormalised, scaled; a shared expert.
    static let afMoE = ModelFamily(
        "afmoe", moeLayers: .afterNumDenseLayers(default: 1),
        tensors: BlockTensors(
            router: ["mlp.router.gate.weight"], correctionBias: ["mlp.expert_bias"],
            experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_experts")])
    ) { config throws(CheckpointError) in
        _ = try config.word(["score_func"], of: ["sigmoid"], default: "sigmoid")
        for key in ["n_group", "num_expert_groups", "num_limited_groups"] {
            _ = try config.integer(key, in: 0...1, default: 1)
        }
        return try LayerDescription(
            config, expertWidth: .expertWidth, router: config.sigmoidRouterToOne(epsilon: 1e-20),
            sharedWidth: config.sharedWidth(times: .expertWidth))
    }
}
