internal import MoE

extension ModelFamily {
    /// ERNIE-4.5: softmax with a correction bias for the selection; shared experts as one.
    static let ernie45MoE = ModelFamily(
        "ernie4_5_moe", moeLayers: .interval,
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            correctionBias: [
                "mlp.moe_statics.e_score_correction_bias",
                "mlp.gate.moe_statics.e_score_correction_bias",
            ],
            experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_experts")])
    ) { config throws(CheckpointError) in
        try config.ernie45Layer(sharedWidth: config.sharedWidth(times: .expertWidth))
    }
}

extension LayerConfiguration {
    /// ERNIE-4.5's layer beside shared experts of some width.
    func ernie45Layer(sharedWidth: Int) throws(CheckpointError) -> LayerDescription {
        let router = RouterConfiguration(
            topK: try required(.topK), score: .softmax,
            renormalization: .sumAtLeast(minimum: try number(["moe_norm_min"], default: 1e-12)))
        var layer = try LayerDescription(
            self, expertWidth: .expertWidth, router: router, sharedWidth: sharedWidth)
        layer.usesCorrectionBias = try flag(["moe_use_aux_free"], default: true)
        return layer
    }

    /// Whether the layer with an index is MoE by `moe_layer_interval` and its kin.
    func isInInterval(_ layer: Int) throws(CheckpointError) -> Bool {
        let step = try integer("moe_layer_interval", in: 1...4096, default: 1)
        let first = try integer("moe_layer_start_index", in: 0...4096, default: 1)
        let last = try integer("moe_layer_end_index", in: -1...4096, default: -1)
        return (layer + 1) % step == 0 && layer >= first && (last < 0 || layer <= last)
    }
}

extension MoELayerRule {
    /// Every `moe_layer_interval`-th layer from a first one to a last one.
    fileprivate static let interval = MoELayerRule(
        origin: "moe_layer_interval, moe_layer_start_index and moe_layer_end_index"
    ) { (config: LayerConfiguration) throws(CheckpointError) in
        try config.isInInterval(config.layer)
    }
}
