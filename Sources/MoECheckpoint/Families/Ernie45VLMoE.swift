internal import MoE

extension ModelFamily {
    /// ERNIE-4.5-VL's experts for tokens of text.
    static let ernie45VLMoE = ernie45VLMoE(part: "text", router: "mlp.gate.weight", set: 0)

    /// ERNIE-4.5-VL's experts for tokens of images, with a router and a width of their own.
    static let ernie45VLMoEVision = ernie45VLMoE(
        part: "vision", router: "mlp.gate.weight_1", set: 1)

    /// A part of ERNIE-4.5-VL: ERNIE-4.5's layer, its tensors counted through or told apart by name.
    ///
    /// - Parameters:
    ///   - part: the part's name, which some programs put into the tensors' names.
    ///   - router: the name of its router where it is `[D, E]`.
    ///   - index: which of the two sets of experts the part has.
    /// - Returns: the family.
    private static func ernie45VLMoE(part: String, router: String, set index: Int) -> ModelFamily {
        let set = ExpertSet(index: index, count: 2), block = "mlp.\(part)_moe"
        return ModelFamily(
            "ernie4_5_vl_moe", "ernie4_5_vl_moe_text", "ernie4_5_moe_vl",
            part: ModelPart(name: part), moeLayers: .interval(ofSet: index),
            tensors: BlockTensors(
                router: [router, "\(block).gate.weight"], transposedRouters: [router],
                correctionBias: [
                    "mlp.moe_statics.e_score_correction_bias",
                    "\(block).gate.moe_statics.e_score_correction_bias",
                ],
                correctionSet: set,
                experts: [
                    .perExpert("mlp.experts").set(set), .fused("\(block).experts"),
                ],
                shared: [.separate("mlp.shared_experts")],
                ofTheLayer: [
                    "mlp.gate.weight", "mlp.gate.weight_1",
                ]
                    + ["text", "vision"].flatMap { part in
                        [
                            "gate.weight", "gate.moe_statics.e_score_correction_bias",
                            "experts.gate_up_proj", "experts.down_proj",
                        ].map { "mlp.\(part)_moe.\($0)" }
                    })
        ) { config throws(CheckpointError) in
            // A list has a value for each set of experts here; the shared ones are as wide as the
            // first set's for tokens of either kind.
            try config.model.layer(index).ernie45Layer(
                sharedWidth: config.model.layer(0).sharedWidth(times: .expertWidth))
        }
    }
}

extension MoELayerRule {
    /// Those that `mlp_layer_types` calls sparse; without the key, those of an interval, of which
    /// each set of experts may have its own.
    fileprivate static func interval(ofSet index: Int) -> MoELayerRule {
        MoELayerRule(
            origin: "mlp_layer_types, moe_layer_interval, moe_layer_start_index and "
                + "moe_layer_end_index"
        ) { (config: LayerConfiguration) throws(CheckpointError) in
            if let type = try config.layerType() { return type != .dense }
            return try config.model.layer(index).isInInterval(config.layer)
        }
    }
}
