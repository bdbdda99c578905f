internal import MoE

extension ModelFamily {
    /// DBRX: every layer, softmax; the experts of a projection below each other in one matrix.
    static let dbrx = ModelFamily(
        "dbrx", moeLayers: .everyLayer,
        tensors: BlockTensors(
            router: ["ffn.router.layer.weight"],
            experts: [
                ExpertForm(
                    gateUp: .separate(gate: .dbrx("w1"), up: .dbrx("v1")),
                    down: .dbrx("w2", storage: .inputMajor))
            ])
    ) { config throws(CheckpointError) in
        try LayerDescription(
            config, expertWidth: .expertWidth, router: config.dbrxRouter(),
            activation: config.siluActivation(["ffn_config.ffn_act_fn.name"]))
    }
}

extension ExpertTensor {
    fileprivate static func dbrx(
        _ name: String, storage: Storage = .outputMajor
    ) -> ExpertTensor {
        ExpertTensor(name: "ffn.experts.mlp.\(name)", packing: .concatenated, storage: storage)
    }
}

extension LayerConfiguration {
    /// Weights are divided by their p-norm; published are p = 1, the sum, and `null`, not at all.
    fileprivate func dbrxRouter() throws(CheckpointError) -> RouterConfiguration {
        let key = "ffn_config.moe_normalize_expert_weights"
        let norm = try number([key], default: 1)
        guard norm == 1 else {
            throw CheckpointError(
                .configuration, "\(model.file): \(key): \(norm), wanted 1 or null")
        }
        return RouterConfiguration(
            topK: try required(.topK), score: .softmax,
            renormalization: model.isNull(key) ? .none : .sum(epsilon: 0))
    }
}
