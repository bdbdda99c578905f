extension ModelFamily {
    /// Aria's text model: a softmax over the chosen logits; transposed experts, shared ones as one.
    static let aria = ModelFamily(
        "aria", "aria_text", moeLayers: .everyLayer,
        tensors: BlockTensors(
            router: ["mlp.router.weight"],
            experts: [
                .stacked(
                    "mlp.experts.fc1.weight", "mlp.experts.fc2.weight", storage: .inputMajor),
                .fusedTransposed("mlp.experts"),
            ],
            shared: [.separate("mlp.shared_experts")])
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .intermediateSize, router: config.softmaxOfBestLogits(),
            sharedWidth: config.sharedWidth(times: .intermediateSize))
    }
}
