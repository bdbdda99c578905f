internal import MoE

extension ModelFamily {
    /// A.X-K1: DeepSeek-V3's block, one leading dense layer by default.
    ///
    /// The norm of the block's output is the layer's.
    static let axk1 = ModelFamily(
        "axk1", moeLayers: .layerTypes(default: 1),
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            correctionBias: ["mlp.gate.e_score_correction_bias"],
            experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_experts")],
            ofTheLayer: ["mlp.post_mlp_layernorm.weight"])
    ) { config throws(CheckpointError) in
        try config.deepSeekV3Layer()
    }

    /// A.X-K2: the same; scores outside the best groups become 0.
    static let axk2 = ModelFamily(
        "axk2", moeLayers: .layerTypes(default: 1), tensors: .deepSeekV3
    ) { config throws(CheckpointError) in
        var layer = try config.deepSeekV3Layer()
        layer.router.groups?.mask = .zero
        return layer
    }
}
