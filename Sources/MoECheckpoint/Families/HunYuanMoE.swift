extension ModelFamily {
    /// Hunyuan-A13B: every layer, softmax, always renormalised; a shared expert of H rows each.
    static let hunYuanMoE = ModelFamily(
        "hunyuan_v1_moe", moeLayers: .everyLayer,
        tensors: BlockTensors(
            router: ["mlp.gate.wg.weight"],
            experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_mlp")])
    ) { config throws(CheckpointError) in
        let isMixed = try config.flag(["use_mixed_mlp_moe"], default: true)
        return try LayerDescription(
            config, expertWidth: .denseOrExpertWidth, router: config.softmaxRouterToOne(),
            sharedWidth: isMixed ? config.sharedWidth(times: .denseOrExpertWidth) : 0)
    }
}
