internal import MoE

extension ModelFamily {
    /// Inkling: sigmoid with correction bias, renormalised together with the shared experts, which
    /// every token is sent to.
    ///
    /// A shared expert's weight multiplies what enters its down-projection; multiplying what leaves
    /// it, as a routed expert's does, is the same.
    static let inkling = ModelFamily(
        "inkling_mm_model", "inkling_text", moeLayers: .afterDenseIndex,
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            correctionBias: ["mlp.gate.bias", "mlp.gate.e_score_correction_bias"],
            weightScale: ["mlp.gate.global_scale"],
            experts: [
                .stacked(
                    "mlp.experts.w13_weight", "mlp.experts.w2_weight", rows: .interleaved),
                .fused("mlp.experts"),
            ],
            alwaysChosen: [
                .stacked(
                    "mlp.shared_experts.shared_w13_weight", "mlp.shared_experts.shared_w2_weight",
                    rows: .interleaved),
                .stackedApart("mlp.shared_experts"),
            ])
    ) { config throws(CheckpointError) in
        guard try config.flag(["shared_expert_sink"], default: true) else {
            throw CheckpointError(
                .unsupported,
                "\(config.model.file): shared_expert_sink: false, wanted true: a router that weighs "
                    + "the shared experts")
        }
        let shared = try config.required(.sharedExpertCount)
        let router = RouterConfiguration(
            topK: try config.required(.topK) + shared, alwaysChosen: shared, score: .sigmoid,
            renormalization: .sum(epsilon: 0), scalingFactor: try config.scalingFactor())
        // Published files call the dense width by a name of its own, and the experts' by the usual
        // one of the dense layers.
        let isRenamed = !config.model.values(of: ["dense_intermediate_size"]).isEmpty
        return try LayerDescription(
            config, expertWidth: isRenamed ? .intermediateSize : .expertWidth, router: router)
    }
}

extension MoELayerRule {
    /// Those that `mlp_layer_types` calls sparse; without the key, all from `dense_mlp_idx` on.
    fileprivate static let afterDenseIndex = MoELayerRule(
        origin: "mlp_layer_types and dense_mlp_idx"
    ) { (config: LayerConfiguration) throws(CheckpointError) in
        if let type = try config.layerType() { return type != .dense }
        return config.layer >= (try config.integer("dense_mlp_idx", in: 0...4096, default: 0))
    }
}

extension ExpertForm {
    /// All experts in a tensor a projection, without suffixes: `gate_proj` `[E, H, D]`.
    fileprivate static func stackedApart(_ block: String) -> ExpertForm {
        func tensor(_ name: String) -> ExpertTensor {
            ExpertTensor(name: "\(block).\(name)", packing: .stacked)
        }
        return ExpertForm(
            gateUp: .separate(gate: tensor("gate_proj"), up: tensor("up_proj")),
            down: tensor("down_proj"))
    }
}
