extension ModelFamily {
    /// Qwen3-VL's text model: softmax, always renormalised; fused experts, published transposed.
    static let qwen3VLMoE = ModelFamily(
        "qwen3_vl_moe", "qwen3_vl_moe_text", moeLayers: .sparseStep,
        tensors: BlockTensors(
            router: ["mlp.gate.weight"],
            experts: [
                .fusedTransposed("mlp.experts"), .fused("mlp.experts"), .perExpert("mlp.experts"),
            ])
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth, router: config.softmaxRouterToOne())
    }
}
