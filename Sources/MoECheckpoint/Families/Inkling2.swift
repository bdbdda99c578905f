internal import MoE

extension ModelFamily {
    /// Inkling 2: every layer, sigmoid with correction bias; gate and up behind soft caps.
    static let inkling2 = ModelFamily(
        "inkling2", "inkling2_text", moeLayers: .everyLayer,
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            correctionBias: ["mlp.gate.bias", "mlp.gate.e_score_correction_bias"],
            experts: [
                .stacked(
                    "mlp.experts.w13_weight", "mlp.experts.w2_weight", rows: .interleaved),
                .fused("mlp.experts"),
            ])
    ) { config throws(CheckpointError) in
        _ = try config.siluActivation()
        _ = try config.word(["scoring_func"], of: ["sigmoid"], default: "sigmoid")
        return try LayerDescription(
            config, expertWidth: .expertWidth, router: config.sigmoidRouterToOne(epsilon: 1e-20),
            activation: .softcappedSwiGLU(
                gateCap: config.number(["mlp_gate_softcap"], default: 4),
                upCap: config.number(["mlp_up_softcap"], default: 25)))
    }
}
