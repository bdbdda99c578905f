internal import MoE

extension ModelFamily {
    /// Gemma 4: softmax, renormalised, a scale per expert; GELU.
    ///
    /// The router reads the residual before the experts' norm. The dense network in parallel and
    /// the norms around are the layer's, not the block's.
    static let gemma4 = ModelFamily(
        "gemma4", "gemma4_text", "diffusion_gemma", "diffusion_gemma_text",
        moeLayers: .whereEnabled,
        tensors: BlockTensors(
            router: ["router.proj.weight"], routerScale: ["router.scale"],
            expertScale: ["router.per_expert_scale"], experts: [.fused("experts")])
    ) { config throws(CheckpointError) in
        _ = try config.word(
            ["hidden_activation"], of: ["gelu_pytorch_tanh"], default: "gelu_pytorch_tanh")
        var layer = try LayerDescription(
            config, expertWidth: .expertWidth, router: config.softmaxRouterToOne(),
            activation: .geluTanh)
        layer.routerNormEpsilon = try config.number(["rms_norm_eps"], default: 1e-6)
        return layer
    }
}

extension MoELayerRule {
    /// Every layer of a model whose `enable_moe_block` is true.
    fileprivate static let whereEnabled = MoELayerRule(origin: "enable_moe_block") {
        (config: LayerConfiguration) throws(CheckpointError) in
        try config.flag(["enable_moe_block"], default: false)
    }
}
