internal import MoE

extension ModelFamily {
    /// Step-3: softmax; stacked experts, a shared one beside the block.
    static let step3 = ModelFamily(
        "step3", "step3_text", moeLayers: .listed("moe_layers_enum", orFrom: 1),
        tensors: BlockTensors(
            router: ["moe.gate.weight"], experts: [.stackedProjections("moe")],
            shared: [.separate("share_expert")]),
        checkedAgainst: .publishedCode
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth,
            router: config.softmaxRouter(renormalizedByDefault: true),
            sharedWidth: config.required(.sharedExpertWidth))
    }

    /// Step-3.5 and 3.7: sigmoid with correction bias; some layers clamp after the SiLU.
    static let step35 = ModelFamily(
        "step3p5", "step3p7", moeLayers: .step35,
        tensors: BlockTensors(
            router: ["moe.gate.weight", "mlp.gate.weight"],
            correctionBias: ["moe.router_bias", "mlp.gate.e_score_correction_bias"],
            experts: [.stackedProjections("moe"), .fused("mlp.experts")],
            shared: [.separate("share_expert"), .separate("mlp.shared_experts")])
    ) { config throws(CheckpointError) in
        var layer = try LayerDescription(
            config, expertWidth: .expertWidth, router: config.sigmoidRouterToOne(),
            activation: config.clampedAfterSiLU("swiglu_limits"),
            sharedWidth: config.required(.sharedExpertWidth))
        layer.sharedActivation = try config.clampedAfterSiLU("swiglu_limits_shared")
        return layer
    }
}

extension MoELayerRule {
    /// By `mlp_layer_types`, else by `moe_layers_enum`, else all but the first three.
    fileprivate static let step35 = MoELayerRule(origin: "mlp_layer_types and moe_layers_enum") {
        (config: LayerConfiguration) throws(CheckpointError) in
        if let type = try config.layerType() { return type != .dense }
        return try listed("moe_layers_enum", orFrom: 3).isMoE(config)
    }
}

extension ExpertForm {
    /// `gate_proj.weight`, `up_proj.weight` `[E, H, D]` and `down_proj.weight` `[E, D, H]`.
    fileprivate static func stackedProjections(_ block: String) -> ExpertForm {
        func tensor(_ name: String) -> ExpertTensor {
            ExpertTensor(name: "\(block).\(name).weight", packing: .stacked)
        }
        return ExpertForm(
            gateUp: .separate(gate: tensor("gate_proj"), up: tensor("up_proj")),
            down: tensor("down_proj"))
    }
}

extension LayerConfiguration {
    /// The layer's limit in a list of limits; `null` and 0 stand for none.
    fileprivate func clampedAfterSiLU(_ key: String) throws(CheckpointError) -> Activation {
        let plain = try siluActivation()
        let limit = try number([key], default: 0)
        return limit > 0 ? .swiGLUClampedAfter(limit: limit) : plain
    }
}
