internal import MoE

extension ModelFamily {
    /// Laguna: sigmoid with a correction bias, always renormalised, scaled; a shared expert.
    static let laguna = ModelFamily(
        "laguna", moeLayers: .layerTypes(default: 1),
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            correctionBias: [
                "mlp.experts.e_score_correction_bias", "mlp.gate.e_score_correction_bias",
            ],
            experts: ExpertForm.published("mlp.experts"),
            shared: [.separate("mlp.shared_expert"), .separate("mlp.shared_experts")])
    ) { config throws(CheckpointError) in
        var router = try config.sigmoidRouterToOne()
        let softcap = try config.number(["moe_router_logit_softcapping"], default: 0)
        router.logitSoftcap = softcap > 0 ? softcap : nil
        return try LayerDescription(
            config, expertWidth: .expertWidth, router: router,
            sharedWidth: config.required(.sharedExpertWidth))
    }
}
