extension ModelFamily {
    /// DeepSeek-MoE, the first: softmax, not renormalised; two shared experts as one.
    static let deepSeek = ModelFamily(
        "deepseek", moeLayers: .afterDenseLayers(default: 0),
        tensors: BlockTensors(
            router: ["mlp.gate.weight"], experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_experts")]),
        checkedAgainst: .publishedCode
    ) { config throws(CheckpointError) in
        _ = try config.word(["scoring_func"], of: ["softmax"], default: "softmax")
        return try LayerDescription(
            config, expertWidth: .expertWidth,
            router: config.softmaxRouter(renormalizedByDefault: false),
            sharedWidth: config.sharedWidth(times: .expertWidth))
    }
}
