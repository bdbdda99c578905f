internal import MoE

extension ModelFamily {
    /// LongCat-Flash: softmax over experts with and without weights, correction bias, scaled.
    static let longCatFlash = ModelFamily(
        "longcat_flash", moeLayers: .everyLayer,
        tensors: BlockTensors(
            router: ["mlp.router.classifier.weight"],
            correctionBias: ["mlp.router.e_score_correction_bias"],
            experts: ExpertForm.published("mlp.experts"))
    ) { config throws(CheckpointError) in
        _ = try config.word(["zero_expert_type"], of: ["identity"], default: "identity")
        let router = RouterConfiguration(
            topK: try config.required(.topK), score: .softmax,
            scalingFactor: try config.scalingFactor())
        return try LayerDescription(
            config, expertWidth: .expertWidth, router: router,
            identityExpertCount: config.optional(.identityExpertCount) ?? 0)
    }
}
