/// Which layers of a model are MoE, by its configuration.
package struct MoELayerRule: Sendable {
    /// Where the rule comes from, as errors say it: keys, or the family.
    package let origin: String
    /// Whether a layer is MoE.
    package let isMoE: @Sendable (LayerConfiguration) throws(CheckpointError) -> Bool
    /// How many layers the model has, where no key of its own says so.
    var layerCount: (@Sendable (LayerConfiguration) throws(CheckpointError) -> Int?)?
}

extension MoELayerRule {
    /// Every layer.
    static let everyLayer = MoELayerRule(origin: "the family's rule") { _ in true }

    /// All but the first ones, by `first_k_dense_replace`, and of those every one that
    /// `moe_layer_freq` divides.
    static func afterDenseLayers(default count: Int) -> MoELayerRule {
        MoELayerRule(origin: "first_k_dense_replace and moe_layer_freq") {
            (config: LayerConfiguration) throws(CheckpointError) in
            let first = try config.optional(.denseLayerCount) ?? count
            let step = try config.integer("moe_layer_freq", in: 1...4096, default: 1)
            return config.layer >= first && config.layer % step == 0
        }
    }

    /// Those that `mlp_layer_types` calls sparse; without the key, those that `moe_layer_freq`
    /// lists as 1, or all but the first ones.
    static func layerTypes(default count: Int) -> MoELayerRule {
        MoELayerRule(origin: "mlp_layer_types, moe_layer_freq and first_k_dense_replace") {
            (config: LayerConfiguration) throws(CheckpointError) in
            if let type = try config.layerType() { return type != .dense }
            if config.isList("moe_layer_freq") {
                return try config.integer("moe_layer_freq", in: 0...1, default: 0) == 1
            }
            return try afterDenseLayers(default: count).isMoE(config)
        }
    }

    /// All but the first ones, by `num_dense_layers`.
    static func afterNumDenseLayers(default count: Int) -> MoELayerRule {
        MoELayerRule(origin: "num_dense_layers") {
            (config: LayerConfiguration) throws(CheckpointError) in
            let first = try config.integer("num_dense_layers", in: 0...4096, default: count)
            return config.layer >= first
        }
    }

    /// The layers of a list; without the key, all from `first` on.
    static func listed(_ key: String, orFrom first: Int) -> MoELayerRule {
        MoELayerRule(origin: key) { (config: LayerConfiguration) throws(CheckpointError) in
            guard let layers = try config.optionalLayers(key) else { return config.layer >= first }
            return layers.contains(config.layer)
        }
    }

    /// Every `decoder_sparse_step`-th layer that is not among `mlp_only_layers`.
    static let sparseStep = MoELayerRule(origin: "decoder_sparse_step and mlp_only_layers") {
        (config: LayerConfiguration) throws(CheckpointError) in
        let step = try config.integer("decoder_sparse_step", in: 1...4096, default: 1)
        let denseLayers = try config.layers("mlp_only_layers")
        return (config.layer + 1) % step == 0 && !denseLayers.contains(config.layer)
    }
}

extension LayerConfiguration {
    /// What `mlp_layer_types` may say of a layer.
    enum LayerType: String, CaseIterable {
        /// No experts.
        case dense
        /// Experts chosen by the router.
        case sparse
        /// The same, as DeepSeek-V4 calls it.
        case moe
        /// Experts looked up by the token.
        case hashMoE = "hash_moe"
    }

    /// What `mlp_layer_types` says of the layer, or nil without the key.
    func layerType() throws(CheckpointError) -> LayerType? {
        try optionalWord(["mlp_layer_types"], of: LayerType.allCases.map(\.rawValue))
            .flatMap(LayerType.init)
    }
}
