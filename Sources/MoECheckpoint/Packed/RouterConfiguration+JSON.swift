internal import MoE

/// Router configurations in a packed file's directory.
extension RouterConfiguration {
    private static let scores: [(String, Score)] = [
        ("softmax", .softmax), ("sigmoid", .sigmoid), ("sqrt_softplus", .sqrtSoftplus),
        ("logits", .logits),
    ]
    private static let rankings: [(String, Groups.Ranking)] = [
        ("maximum", .maximum), ("sum_of_top_two", .sumOfTopTwo),
    ]
    private static let masks: [(String, Groups.Mask)] = [
        ("minus_infinity", .minusInfinity), ("zero", .zero),
    ]

    /// The configuration as JSON.
    var json: JSONValue {
        var object: JSONObject = [
            "top_k": .integer(topK), "score": Self.name(of: score, in: Self.scores),
            "weighting": weighting.json, "renormalization": renormalization.json,
            "scaling_factor": .float(scalingFactor),
        ]
        if alwaysChosen > 0 { object["always_chosen"] = .integer(alwaysChosen) }
        if let logitSoftcap { object["logit_softcap"] = .float(logitSoftcap) }
        if let groups {
            object["groups"] = .object([
                "count": .integer(groups.count), "kept": .integer(groups.kept),
                "ranking": Self.name(of: groups.ranking, in: Self.rankings),
                "mask": Self.name(of: groups.mask, in: Self.masks),
            ])
        }
        return .object(object)
    }

    /// Reads a configuration; whether it fits its router is for the block to check.
    init(_ reader: DirectoryReader) throws(CheckpointError) {
        let sizes = 1...1 << 24
        var groups: Groups?
        if reader.has("groups") {
            let reader = try reader.object("groups")
            groups = Groups(
                count: try reader.integer("count", in: sizes),
                kept: try reader.integer("kept", in: sizes),
                ranking: try reader.word("ranking", of: Self.rankings),
                mask: try reader.word("mask", of: Self.masks))
        }
        self.init(
            topK: try reader.integer("top_k", in: sizes),
            score: try reader.word("score", of: Self.scores), groups: groups,
            weighting: try Weighting(reader.object("weighting")),
            renormalization: try Renormalization(reader.object("renormalization")),
            scalingFactor: try reader.float("scaling_factor"))
        if reader.has("always_chosen") {
            alwaysChosen = try reader.integer("always_chosen", in: sizes)
        }
        if reader.has("logit_softcap") { logitSoftcap = try reader.float("logit_softcap") }
    }

    private static func name<Value: Equatable>(
        of value: Value, in names: [(String, Value)]
    ) -> JSONValue {
        .string(names.first { $0.1 == value }?.0 ?? "")
    }
}

extension RouterConfiguration.Weighting {
    fileprivate var json: JSONValue {
        switch self {
        case .score: .object(["kind": "score"])
        case .softmaxOfSelected: .object(["kind": "softmax_of_selected"])
        case .sigmoidOfSelected: .object(["kind": "sigmoid_of_selected"])
        case .sparseMixer(let jitter):
            .object(["kind": "sparse_mixer", "jitter": .float(jitter)])
        }
    }

    fileprivate init(_ reader: DirectoryReader) throws(CheckpointError) {
        let jitter = reader.has("jitter") ? try reader.float("jitter") : 0
        self = try reader.word(
            "kind",
            of: [
                ("score", .score), ("softmax_of_selected", .softmaxOfSelected),
                ("sigmoid_of_selected", .sigmoidOfSelected),
                ("sparse_mixer", .sparseMixer(jitter: jitter)),
            ])
    }
}

extension RouterConfiguration.Renormalization {
    fileprivate var json: JSONValue {
        switch self {
        case .none: .object(["kind": "none"])
        case .sum(let epsilon): .object(["kind": "sum", "epsilon": .float(epsilon)])
        case .sumAtLeast(let minimum):
            .object(["kind": "sum_at_least", "minimum": .float(minimum)])
        }
    }

    fileprivate init(_ reader: DirectoryReader) throws(CheckpointError) {
        switch try reader.word(
            "kind", of: [("none", 0), ("sum", 1), ("sum_at_least", 2)])
        {
        case 1: self = .sum(epsilon: try reader.float("epsilon"))
        case 2: self = .sumAtLeast(minimum: try reader.float("minimum"))
        default: self = .none
        }
    }
}
