internal import MoE

extension ModelFamily {
    /// Kolibri 1: every layer; the best corrected logits, and sigmoids of the plain ones.
    static let kolibri1 = ModelFamily(
        "kolibri1", moeLayers: .everyLayer,
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            correctionBias: ["moe.router.expert_bias", "mlp.gate.e_score_correction_bias"],
            experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_experts")])
    ) { config throws(CheckpointError) in
        let router = RouterConfiguration(
            topK: try config.required(.topK), score: .logits, weighting: .sigmoidOfSelected,
            renormalization: try config.renormalizes(default: false) ? .sum(epsilon: 0) : .none)
        return try LayerDescription(
            config, expertWidth: .expertWidth, router: router,
            sharedWidth: config.required(.sharedExpertWidth))
    }
}
