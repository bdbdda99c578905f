internal import MoE

extension ModelFamily {
    /// Flint: sigmoid, renormalised by default; a shared expert without a gate.
    static let flint = ModelFamily(
        "flint", moeLayers: .sparseStep,
        tensors: BlockTensors(
            router: ["mlp.gate.weight"], experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_expert")])
    ) { config throws(CheckpointError) in
        let router = RouterConfiguration(
            topK: try config.required(.topK), score: .sigmoid,
            renormalization: try config.renormalizes(default: true) ? .sum(epsilon: 0) : .none)
        return try LayerDescription(
            config, expertWidth: .expertWidth, router: router,
            sharedWidth: config.required(.sharedExpertWidth))
    }
}
