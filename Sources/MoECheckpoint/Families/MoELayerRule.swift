/// Which layers of a model are MoE, by its configuration.
package struct MoELayerRule: Sendable {
    /// Where the rule comes from, as errors say it: keys, or the family.
    let origin: String
    /// Whether a layer is MoE.
    package let isMoE: @Sendable (LayerConfiguration) throws(CheckpointError) -> Bool
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

    /// Every `decoder_sparse_step`-th layer that is not among `mlp_only_layers`.
    static let sparseStep = MoELayerRule(origin: "decoder_sparse_step and mlp_only_layers") {
        (config: LayerConfiguration) throws(CheckpointError) in
        let step = try config.integer("decoder_sparse_step", in: 1...4096, default: 1)
        let denseLayers = try config.layers("mlp_only_layers")
        return (config.layer + 1) % step == 0 && !denseLayers.contains(config.layer)
    }
}
