extension ModelFamily {
    /// gpt-oss: every layer; biases on router and experts, rows of gate and up in turn.
    static let gptOSS = ModelFamily(
        "gpt_oss", moeLayers: .everyLayer, tensors: .openAI(rows: .interleaved)
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .intermediateSize, router: config.softmaxOfBestLogits(),
            activation: config.clampedOpenAI())
    }

    /// OpenAI's privacy filter: the same, gate and up in halves.
    ///
    /// Its router divides the weights by k and its block multiplies by k, which is neither here.
    static let openAIPrivacyFilter = ModelFamily(
        "openai_privacy_filter", moeLayers: .everyLayer, tensors: .openAI(rows: .halves)
    ) { config throws(CheckpointError) in
        try gptOSS.describe(config)
    }
}

extension BlockTensors {
    /// OpenAI's names; the experts are transposed, which D = H leaves no shape to tell by.
    fileprivate static func openAI(rows: ExpertForm.RowOrder) -> BlockTensors {
        BlockTensors(
            router: ["mlp.router.weight"], logitBias: ["mlp.router.bias"],
            experts: [
                .fusedTransposed("mlp.experts", rows: rows)
                    .biased(
                        gateUp: .fused(
                            ExpertTensor(name: "mlp.experts.gate_up_proj_bias", packing: .stacked),
                            rows),
                        down: ExpertTensor(name: "mlp.experts.down_proj_bias", packing: .stacked))
            ])
    }
}
