internal import MoE

/// A family in words, found out by asking it about configurations: it cannot say what it does not do.
public struct FamilySummary: Sendable, Hashable {
    /// What `model_type` says.
    public let modelTypes: [String]
    /// Which part of a model it is, where that has several.
    public let part: String?
    /// How experts are chosen and weighted.
    public let router: String
    /// What happens between an expert's projections.
    public let activation: String
    /// The shared expert, or that there is none.
    public let shared: String
    /// Which layers are MoE.
    public let layers: String
    /// What its blocks were compared with.
    public let checkedAgainst: String

    /// A family in words.
    ///
    /// - Parameter family: the family.
    /// - Throws: `configuration` if it does not know the usual keys.
    public init(_ family: ModelFamily) throws(CheckpointError) {
        let layer = try family.probe()
        modelTypes = family.modelTypes
        part = family.part?.name
        router = try family.routerInWords(layer)
        var activation = layer.activation.inWords
        if let shared = layer.sharedActivation, shared != layer.activation {
            activation += "; shared: \(shared.inWords)"
        }
        if !family.tensors.compression.isEmpty {
            activation += "; in a latent width where the configuration has one"
        }
        self.activation = activation
        shared = family.sharedInWords(layer)
        layers = family.moeLayers.inWords
        checkedAgainst =
            switch family.yardstick {
            case .transformers: "transformers"
            case .publishedCode: "numpy after the published code"
            }
    }
}

extension ModelFamily {
    /// What the family makes of a configuration that has every usual key.
    fileprivate func probe(
        _ changes: (key: String, value: JSONValue)...
    ) throws(CheckpointError) -> LayerDescription {
        var root = JSONObject()
        root["model_type"] = .string(name)
        root["layers_block_type"] = .array([.string("moe")])
        root["swiglu_limits"] = .array([.number(7)])
        for (key, value) in [
            ("hidden_size", 64), ("moe_intermediate_size", 32), ("intermediate_size", 32),
            ("num_experts", 16), ("num_experts_per_tok", 2), ("n_shared_experts", 2),
            ("shared_expert_intermediate_size", 48), ("shared_experts_intermediate_size", 48),
            ("routed_scaling_factor", 2), ("vocab_size", 8), ("zero_expert_num", 4),
        ] {
            root[key] = .integer(JSONInteger(value))
        }
        for (key, value) in changes { root[key] = value }
        let configuration = try ModelConfiguration(.object(root), file: name)
        return try describe(configuration.layer(0))
    }

    fileprivate func routerInWords(
        _ layer: LayerDescription
    ) throws(CheckpointError) -> String {
        var words = [layer.router.scoresInWords]
        if layer.router.logitSoftcap != nil { words.append("soft cap") }
        if !tensors.logitBias.isEmpty { words.append("bias") }
        if !tensors.correctionBias.isEmpty { words.append("correction bias") }
        if !tensors.expertsOfToken.isEmpty { words.append("first layers: experts by token id") }
        if layer.routerNormEpsilon != nil { words.append("own input, normed") }
        if layer.identityExpertCount > 0 { words.append("identity experts") }
        let two = JSONValue.integer(JSONInteger(2)), one = JSONValue.integer(JSONInteger(1))
        let grouped = try? probe(
            ("n_group", two), ("topk_group", one), ("topk_method", .string(groupedMethod)))
        if let groups = grouped?.router.groups {
            words.append(
                groups.ranking == .maximum ? "groups by their best" : "groups by their two best")
        }
        words.append(try renormalizationInWords())
        if !tensors.expertScale.isEmpty { words.append("scale per expert") }
        if layer.router.scalingFactor == 2 { words.append("scaled") }
        if layer.weightsInput { words.append("weight on the input") }
        return words.filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// DeepSeek-V2's name of the selection by groups; the others' is the same for both.
    private var groupedMethod: String {
        tensors.correctionBias.isEmpty ? "group_limited_greedy" : "noaux_tc"
    }

    private func renormalizationInWords() throws(CheckpointError) -> String {
        func renormalizes(_ value: JSONValue) throws(CheckpointError) -> Bool {
            try probe(("norm_topk_prob", value)).router.renormalization != .none
        }
        let (on, off) = (try renormalizes(.bool(true)), try renormalizes(.bool(false)))
        guard on == off else {
            let isDefault = try renormalizes(.null) ? "yes" : "no"
            return "renormalised by `norm_topk_prob` (default \(isDefault))"
        }
        return on ? "renormalised" : ""
    }

    fileprivate func sharedInWords(_ layer: LayerDescription) -> String {
        if !tensors.alwaysChosen.isEmpty { return "weighted by the router" }
        if tensors.shared.isEmpty { return "none" }
        if !tensors.sharedGate.isEmpty { return "behind a sigmoid gate" }
        return layer.sharedScale == 1 ? "added" : "added or averaged"
    }
}

extension MoELayerRule {
    fileprivate var inWords: String {
        origin == Self.everyLayer.origin
            ? "every one"
            : origin.split(separator: " ").map {
                $0.contains("_") ? $0.hasSuffix(",") ? "`\($0.dropLast())`," : "`\($0)`" : "\($0)"
            }.joined(separator: " ")
    }
}

extension RouterConfiguration {
    /// What selection and weights are read from.
    var scoresInWords: String {
        let scores =
            switch score {
            case .softmax: "softmax"
            case .sigmoid: "sigmoid"
            case .sqrtSoftplus: "√softplus"
            case .logits: "best logits"
            }
        return switch weighting {
        case .score: scores
        case .softmaxOfSelected: scores + ", softmax of the chosen"
        case .sigmoidOfSelected: scores + ", sigmoid of the chosen"
        case .sparseMixer: "SparseMixer"
        }
    }
}

extension Activation {
    /// What happens between the projections.
    var inWords: String {
        switch self {
        case .swiGLU: "SwiGLU"
        case .clampedSwiGLU(let clamp) where clamp.bias == 0: "SwiGLU, clamped before the SiLU"
        case .clampedSwiGLU: "clamped SwiGLU with α, up + 1"
        case .swiGLUClampedAfter: "SwiGLU, clamped after the SiLU in some layers"
        case .geluTanh: "GELU (tanh) times up"
        case .softcappedSwiGLU: "soft-capped SwiGLU"
        case .squaredReLU: "ReLU², no gate"
        }
    }
}
