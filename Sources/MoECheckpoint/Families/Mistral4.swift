internal import MoE

extension ModelFamily {
    /// Mistral Small 4: softmax, groups by their two best experts; shared experts as one.
    static let mistral4 = ModelFamily(
        "mistral4", moeLayers: .afterDenseLayers(default: 0),
        tensors: BlockTensors(
            router: ["mlp.gate.weight"], experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_experts")])
    ) { config throws(CheckpointError) in
        try config.mistral4Layer(renormalizes: config.renormalizes(default: true))
    }

    /// Mistral Large 4: the same, always renormalised, under names of its own.
    static let mistralLarge4 = ModelFamily(
        "mistral_large4", "mistral_large4_text", moeLayers: .layerTypes(default: 1),
        tensors: BlockTensors(
            router: ["gate.weight", "mlp.gate.weight"],
            experts: [.w1w3w2("experts"), .fused("mlp.experts")],
            shared: [
                .separate("shared_experts", gate: "w1", up: "w3", down: "w2"),
                .separate("shared_experts"), .separate("mlp.shared_experts"),
            ])
    ) { config throws(CheckpointError) in
        try config.mistral4Layer(renormalizes: true)
    }
}

extension LayerConfiguration {
    fileprivate func mistral4Layer(
        renormalizes: Bool
    ) throws(CheckpointError) -> LayerDescription {
        let router = RouterConfiguration(
            topK: try required(.topK), score: .softmax,
            groups: try groups(ranking: .sumOfTopTwo, mask: .zero),
            renormalization: renormalizes ? .sum(epsilon: 1e-20) : .none,
            scalingFactor: try scalingFactor())
        return try LayerDescription(
            self, expertWidth: .expertWidth, router: router,
            sharedWidth: sharedWidth(times: .expertWidth))
    }
}
