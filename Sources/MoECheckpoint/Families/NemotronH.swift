internal import MoE

extension ModelFamily {
    /// Nemotron-H: DeepSeek-V3's router, experts without a gate and the square of a ReLU; those of
    /// Nemotron 3 Super and Ultra in a latent width.
    static let nemotronH = ModelFamily(
        "nemotron_h", moeLayers: .pattern,
        tensors: BlockTensors(
            router: ["mixer.gate.weight"], correctionBias: ["mixer.gate.e_score_correction_bias"],
            compression: ["mixer.fc1_latent_proj.weight"],
            expansion: ["mixer.fc2_latent_proj.weight"],
            experts: [
                .upOnly("mixer.experts.{e}.up_proj.weight", "mixer.experts.{e}.down_proj.weight"),
                .upOnly("mixer.experts.up_proj", "mixer.experts.down_proj", packing: .stacked),
            ],
            shared: [
                .upOnly(
                    "mixer.shared_experts.up_proj.weight", "mixer.shared_experts.down_proj.weight")
            ])
    ) { config throws(CheckpointError) in
        _ = try config.word(["mlp_hidden_act"], of: ["relu2"], default: "relu2")
        let count = try config.optional(.sharedExpertCount) ?? 1
        var layer = try LayerDescription(
            config, expertWidth: .expertWidth, router: config.sigmoidGroupRouter(),
            activation: .squaredReLU,
            sharedWidth: count > 0 ? config.required(.sharedExpertWidth) : 0)
        layer.latentWidth = try config.optional(.latentSize)
        return layer
    }
}

extension Quantity {
    /// The width to which tokens are projected before the experts.
    fileprivate static let latentSize = Quantity(
        name: "the latent width", keys: ["moe_latent_size"], range: width)
}

extension ExpertForm {
    fileprivate static func upOnly(
        _ up: String, _ down: String, packing: ExpertTensor.Packing = .alone
    ) -> ExpertForm {
        ExpertForm(
            gateUp: .upOnly(ExpertTensor(name: up, packing: packing)),
            down: ExpertTensor(name: down, packing: packing))
    }
}

extension MoELayerRule {
    /// The `moe` of `layers_block_type`, or the letter E of `hybrid_override_pattern`.
    fileprivate static let pattern = MoELayerRule(
        origin: "layers_block_type and hybrid_override_pattern"
    ) { (config: LayerConfiguration) throws(CheckpointError) in
        let layers = try config.blockTypes()
        guard layers.indices.contains(config.layer) else {
            throw CheckpointError(
                .configuration,
                "\(config.model.file): layers_block_type: \(layers.count) layers, wanted one for "
                    + "layer \(config.layer)")
        }
        return layers[config.layer]
    } layerCount: { (config: LayerConfiguration) throws(CheckpointError) in
        try config.blockTypes().count
    }
}

extension LayerConfiguration {
    /// Whether each layer is MoE.
    fileprivate func blockTypes() throws(CheckpointError) -> [Bool] {
        if let (path, value) = model.values(of: ["layers_block_type"]).first {
            guard let types = value.arrayValue, !types.isEmpty else {
                throw model.refuse(path, value, wanted: "a list of kinds of layers")
            }
            return types.map { $0 == .string("moe") }
        }
        guard let (path, value) = model.values(of: ["hybrid_override_pattern"]).first else {
            throw CheckpointError(
                .configuration,
                "\(model.file): the kinds of the layers are missing, wanted layers_block_type or "
                    + "hybrid_override_pattern")
        }
        guard let pattern = value.stringValue, !pattern.isEmpty,
            pattern.utf8.count <= Quantity.layerCount.range.upperBound
        else { throw model.refuse(path, value, wanted: "a letter for every layer") }
        return pattern.utf8.map { $0 == UInt8(ascii: "E") }
    }
}
