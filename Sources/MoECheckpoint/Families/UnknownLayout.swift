internal import MoE

/// What a model of an unknown `model_type` is taken for, by the names of its tensors.
///
/// Only layouts whose meaning follows from names and the usual keys: one router without a bias on
/// its logits, gated experts, at most one shared expert. What no key says is never guessed.
struct UnknownLayout {
    /// A family of the model's own.
    let family: ModelFamily
    /// The known family whose block it has.
    let takenFor: String

    /// Finds the layout of a model's first layer that has a router.
    ///
    /// - Parameters:
    ///   - configuration: the model's configuration.
    ///   - index: its tensors' names.
    /// - Throws: `unsupported` where there is none, or where only a known family could say what
    ///   it computes.
    init(_ configuration: ModelConfiguration, _ index: TensorIndex) throws(CheckpointError) {
        let type = try configuration.modelTypes()[0]
        var match: (tensors: BlockTensors, layer: LayerTensors)?
        for layer in index.heldLayers.lazy.map(index.layer) where match == nil {
            let tensors = Self.blocks.map(BlockTensors.usual(in:))
                .first { $0.router.contains { layer[$0] != nil } }
            match = tensors.map { ($0, layer) }
        }
        guard let (names, layer) = match else {
            throw configuration.ofNoFamily(
                "and its tensors are of no known layout, wanted one of those that "
                    + "moe-cli families lists")
        }
        if let key = Self.tellingKeys.first(where: { !configuration.values(of: [$0]).isEmpty }) {
            throw configuration.ofNoFamily("and nothing says what its \(key) means")
        }
        guard !configuration.values(of: LayerConfiguration.renormalizationKeys).isEmpty else {
            throw configuration.ofNoFamily(
                "and without norm_topk_prob nothing says whether weights are renormalised")
        }
        let parts = Parts(names, layer)
        takenFor = parts.family
        family = ModelFamily(
            type, moeLayers: .byTensors(index, router: names.router), tensors: parts.tensors
        ) { config throws(CheckpointError) in
            try config.unknownLayer(parts)
        }
    }

    /// Where the block may be within a layer.
    private static let blocks = ["mlp", "block_sparse_moe", "feed_forward", "ffn", "moe"]

    /// Keys whose meaning differs by family.
    private static let tellingKeys = [
        "swiglu_limit", "swiglu_limits", "zero_expert_num", "moe_latent_size",
        "moe_router_logit_softcapping", "topk_method",
    ]
}

/// Which parts an unknown block has.
private struct Parts: Sendable {
    let tensors: BlockTensors
    let hasCorrectionBias: Bool
    let hasShared: Bool

    init(_ names: BlockTensors, _ layer: LayerTensors) {
        func held(_ candidates: [String]) -> [String] { candidates.filter { layer[$0] != nil } }
        let correction = held(names.correctionBias), gate = held(names.sharedGate)
        let shared = names.shared.filter { layer.holdsAny(of: $0.down) }
        hasCorrectionBias = !correction.isEmpty
        hasShared = !shared.isEmpty
        tensors = BlockTensors(
            router: names.router, correctionBias: correction, experts: names.experts,
            shared: shared, sharedGate: gate)
    }

    /// The known family with the same parts.
    var family: String {
        if hasCorrectionBias { return "deepseek_v3" }
        if !tensors.sharedGate.isEmpty { return "qwen2_moe" }
        return hasShared ? "deepseek" : "qwen3_moe"
    }
}

extension BlockTensors {
    /// The names that most families use within a block.
    fileprivate static func usual(in block: String) -> BlockTensors {
        BlockTensors(
            router: ["\(block).gate.weight", "\(block).router.weight"],
            correctionBias: [
                "\(block).gate.e_score_correction_bias", "\(block).e_score_correction_bias",
                "\(block).gate.expert_bias", "\(block).expert_bias",
            ],
            experts: [
                .perExpert("\(block).experts"), .w1w3w2("\(block).experts"),
                .fused("\(block).experts"), .fusedTransposed("\(block).experts"),
            ],
            shared: ["shared_expert", "shared_experts", "shared_mlp"]
                .map { .separate("\(block).\($0)") },
            sharedGate: ["\(block).shared_expert_gate.weight"])
    }
}

extension MoELayerRule {
    /// Those that have a router.
    fileprivate static func byTensors(_ index: TensorIndex, router: [String]) -> MoELayerRule {
        MoELayerRule(origin: "its tensors") { (config: LayerConfiguration) in
            router.contains { index.holds($0, inLayer: config.layer) }
        }
    }
}

extension LayerConfiguration {
    /// A layer of an unknown family: the usual keys, DeepSeek-V3's router where there is a
    /// correction bias, else a softmax.
    fileprivate func unknownLayer(_ parts: Parts) throws(CheckpointError) -> LayerDescription {
        let scores = parts.hasCorrectionBias ? "sigmoid" : "softmax"
        _ = try word(["scoring_func", "score_function"], of: [scores], default: scores)
        let router =
            if parts.hasCorrectionBias {
                try sigmoidGroupRouter()
            } else { try softmaxRouter(renormalizedByDefault: false) }
        let width: Quantity =
            try optional(.expertWidth) == nil ? .intermediateSize : .expertWidth
        let ownWidth = try optional(.sharedExpertWidth)
        let sharedWidth =
            if !parts.hasShared {
                0
            } else if let ownWidth { ownWidth } else { try self.sharedWidth(times: width) }
        return try LayerDescription(
            self, expertWidth: width, router: router, sharedWidth: sharedWidth)
    }
}
