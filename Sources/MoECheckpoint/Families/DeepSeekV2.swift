internal import MoE

extension ModelFamily {
    /// DeepSeek-V2, V2-Lite and OCR 2: softmax, groups by their best expert, shared experts as one.
    static let deepSeekV2 = ModelFamily(
        "deepseek_v2", "deepseek_ocr2", "unlimited_ocr", moeLayers: .afterDenseLayers(default: 0),
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_experts")])
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth,
            router: config.deepSeekV2Router(),
            sharedWidth: config.sharedWidth(times: .expertWidth))
    }
}

extension LayerConfiguration {
    /// The router of the published code, where weights are renormalised or scaled, never both.
    fileprivate func deepSeekV2Router() throws(CheckpointError) -> RouterConfiguration {
        _ = try word(["scoring_func"], of: ["softmax"], default: "softmax")
        let method = try word(
            ["topk_method"], of: ["greedy", "group_limited_greedy"], default: "greedy")
        var router = RouterConfiguration(topK: try required(.topK), score: .softmax)
        if method == "group_limited_greedy" {
            router.groups = try groups(ranking: .maximum, mask: .zero)
        }
        if try renormalizes(default: false), router.topK > 1 {
            router.renormalization = .sum(epsilon: 1e-20)
        } else {
            router.scalingFactor = try scalingFactor()
        }
        return router
    }
}
