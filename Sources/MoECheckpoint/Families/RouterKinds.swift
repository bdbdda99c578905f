internal import MoE

/// The routers that several families share, read from their keys.
extension LayerConfiguration {
    /// A softmax over all experts; the weights of the chosen ones are brought to a sum of 1 where
    /// `norm_topk_prob` says so.
    func softmaxRouter(renormalizedByDefault: Bool) throws(CheckpointError) -> RouterConfiguration {
        let renormalizes = try renormalizes(default: renormalizedByDefault)
        return RouterConfiguration(
            topK: try required(.topK), score: .softmax,
            renormalization: renormalizes ? .sum(epsilon: 0) : .none)
    }

    /// A softmax over all experts; the weights of the chosen ones always have a sum of 1.
    func softmaxRouterToOne() throws(CheckpointError) -> RouterConfiguration {
        RouterConfiguration(
            topK: try required(.topK), score: .softmax, renormalization: .sum(epsilon: 0))
    }

    /// The best logits, and a softmax over them alone.
    func softmaxOfBestLogits() throws(CheckpointError) -> RouterConfiguration {
        RouterConfiguration(
            topK: try required(.topK), score: .logits, weighting: .softmaxOfSelected)
    }

    /// MiniMax-M2's: sigmoid, a correction bias, weights always brought to a sum of 1, scaled.
    func sigmoidRouterToOne(epsilon: Float = 0) throws(CheckpointError) -> RouterConfiguration {
        RouterConfiguration(
            topK: try required(.topK), score: .sigmoid, renormalization: .sum(epsilon: epsilon),
            scalingFactor: try scalingFactor())
    }

    /// DeepSeek-V3's: sigmoid, a correction bias for the selection, groups ranked by their two
    /// best, weights brought to a sum of 1 by default and then scaled.
    func sigmoidGroupRouter(
        renormalizedByDefault: Bool = true
    ) throws(CheckpointError) -> RouterConfiguration {
        _ = try word(["scoring_func"], of: ["sigmoid", "noaux_tc"], default: "sigmoid")
        _ = try word(["topk_method"], of: ["noaux_tc"], default: "noaux_tc")
        let renormalizes = try renormalizes(default: renormalizedByDefault)
        return RouterConfiguration(
            topK: try required(.topK), score: .sigmoid,
            groups: try groups(ranking: .sumOfTopTwo, mask: .minusInfinity),
            renormalization: renormalizes ? .sum(epsilon: 1e-20) : .none,
            scalingFactor: try scalingFactor())
    }

    /// Whether the weights of a token are brought to a sum of 1.
    func renormalizes(default value: Bool) throws(CheckpointError) -> Bool {
        try flag(Self.renormalizationKeys, default: value)
    }

    /// The keys that say whether the weights of a token are brought to a sum of 1.
    static let renormalizationKeys = ["norm_topk_prob", "moe_renormalize", "norm_expert_weight"]

    /// What every weight is multiplied by at the end.
    func scalingFactor() throws(CheckpointError) -> Float {
        try number(
            [
                "routed_scaling_factor", "router_scaling_factor", "route_scale",
                "moe_router_scaling_factor", "moe_routed_scaling_factor",
            ], default: 1)
    }

    /// Selection limited to groups, or nil where there are none or one.
    func groups(
        ranking: RouterConfiguration.Groups.Ranking, mask: RouterConfiguration.Groups.Mask
    ) throws(CheckpointError) -> RouterConfiguration.Groups? {
        guard let count = try optional(.groupCount), count > 1 else { return nil }
        return RouterConfiguration.Groups(
            count: count, kept: try required(.keptGroupCount), ranking: ranking, mask: mask)
    }
}
