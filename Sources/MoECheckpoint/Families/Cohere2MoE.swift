internal import MoE

extension ModelFamily {
    /// Command A+: the best logits, then a softmax or sigmoids; shared experts may be averaged in.
    static let cohere2MoE = ModelFamily(
        "cohere2_moe", moeLayers: .layerTypes(default: 0),
        tensors: BlockTensors(
            router: ["mlp.gate.weight"], experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_experts")])
    ) { config throws(CheckpointError) in
        var layer = try LayerDescription(
            config, expertWidth: .intermediateSize, router: config.cohereRouter(),
            sharedWidth: config.sharedWidth(times: .intermediateSize))
        let combination = try config.word(
            ["shared_expert_combination_strategy"], of: ["average", "sum"], default: "average")
        if combination == "average", layer.sharedWidth > 0 {
            layer.router.scalingFactor = 0.5
            layer.sharedScale = 0.5
        }
        return layer
    }
}

extension LayerConfiguration {
    fileprivate func cohereRouter() throws(CheckpointError) -> RouterConfiguration {
        let weighting = try word(
            ["expert_selection_fn"], of: ["softmax", "sigmoid"], default: "softmax")
        guard weighting == "sigmoid" else { return try softmaxOfBestLogits() }
        return RouterConfiguration(
            topK: try required(.topK), score: .logits, weighting: .sigmoidOfSelected,
            renormalization: try renormalizes(default: true) ? .sum(epsilon: 0) : .none)
    }
}
