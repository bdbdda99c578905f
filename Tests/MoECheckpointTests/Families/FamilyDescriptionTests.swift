import MoE
import MoECheckpoint
import Testing

/// What every family makes of its configuration.
@Suite("Family descriptions")
struct FamilyDescriptionTests {
    typealias Groups = RouterConfiguration.Groups

    static let softmax = RouterConfiguration(topK: 2, score: .softmax)
    static let softmaxToOne = RouterConfiguration(
        topK: 2, score: .softmax, renormalization: .sum(epsilon: 0))
    static let bestGroup = Groups(count: 2, kept: 1, ranking: .maximum, mask: .zero)
    static let bestPairs = Groups(count: 2, kept: 1, ranking: .sumOfTopTwo, mask: .minusInfinity)

    static func sigmoid(_ factor: Float, groups: Groups? = nil) -> RouterConfiguration {
        RouterConfiguration(
            topK: 2, score: .sigmoid, groups: groups, renormalization: .sum(epsilon: 1e-20),
            scalingFactor: factor)
    }

    static let cases: [(config: String, router: RouterConfiguration, sharedWidth: Int)] = [
        (TinyConfiguration.mixtral, softmaxToOne, 0),
        (TinyConfiguration.qwen2MoE, softmax, 5),
        (TinyConfiguration.qwen3MoE, softmaxToOne, 0),
        (TinyConfiguration.olmoe, softmax, 0),
        (TinyConfiguration.deepSeekV2Lite, softmax, 6),
        (
            TinyConfiguration.deepSeekV2,
            RouterConfiguration(topK: 2, score: .softmax, groups: bestGroup, scalingFactor: 16), 6
        ),
        (TinyConfiguration.deepSeekV3, sigmoid(2.5, groups: bestPairs), 3),
        (TinyConfiguration.kimiK2, sigmoid(2.827), 3),
        (TinyConfiguration.glm4MoE, sigmoid(1), 3),
    ]

    static func describe(_ text: String, layer: Int = 1) throws -> LayerDescription {
        let config = try configuration(text)
        return try ModelFamily.of(config).describe(config.layer(layer))
    }

    @Test("every family reads its router and its sizes", arguments: cases)
    func families(config: String, router: RouterConfiguration, sharedWidth: Int) throws {
        let description = try Self.describe(config)
        #expect(description.router == router)
        #expect(description.hiddenSize == 4)
        #expect(description.expertWidth == 3)
        #expect(description.expertCount == 4)
        #expect(description.identityExpertCount == 0)
        #expect(description.sharedWidth == sharedWidth)
        #expect(description.activation == .swiGLU)
    }

    @Test(
        "norm_topk_prob defaults as the family's published code does",
        arguments: [
            (TinyConfiguration.qwen2MoE, false, "\"norm_topk_prob\": false"),
            (TinyConfiguration.qwen3MoE, false, "\"norm_topk_prob\": true"),
            (TinyConfiguration.olmoe, false, "\"norm_topk_prob\": false"),
            (TinyConfiguration.deepSeekV2Lite, false, "\"norm_topk_prob\": false"),
            (TinyConfiguration.deepSeekV3, true, "\"norm_topk_prob\": true"),
            (TinyConfiguration.kimiK2, true, "\"norm_topk_prob\": true"),
            (TinyConfiguration.glm4MoE, true, "\"norm_topk_prob\": true"),
        ])
    func normalizationDefaults(config: String, normalizes: Bool, pair: String) throws {
        for absent in ["\"other\": 1", "\"norm_topk_prob\": null"] {
            let text = replacing(pair, with: absent, in: config)
            let router = try Self.describe(text).router
            #expect((router.renormalization != .none) == normalizes)
        }
    }

    @Test("Mixtral renormalises whatever norm_topk_prob says")
    func mixtralIgnoresTheFlag() throws {
        let text = replacing(
            "\"hidden_act\": \"silu\"", with: "\"norm_topk_prob\": false",
            in: TinyConfiguration.mixtral)
        #expect(try Self.describe(text).router == Self.softmaxToOne)
    }

    @Test("DeepSeek-V2 with norm_topk_prob renormalises in place of scaling")
    func deepSeekV2Normalized() throws {
        var text = replacing(
            "\"norm_topk_prob\": false", with: "\"norm_topk_prob\": true",
            in: TinyConfiguration.deepSeekV2)
        #expect(
            try Self.describe(text).router
                == RouterConfiguration(
                    topK: 2, score: .softmax, groups: Self.bestGroup,
                    renormalization: .sum(epsilon: 1e-20)))
        text = replacing(
            "\"num_experts_per_tok\": 2", with: "\"num_experts_per_tok\": 1", in: text)
        #expect(
            try Self.describe(text).router
                == RouterConfiguration(
                    topK: 1, score: .softmax, groups: Self.bestGroup, scalingFactor: 16))
    }

    @Test("DeepSeek-V2's greedy method has no groups even where the keys are there")
    func greedyHasNoGroups() throws {
        let text = replacing(
            "group_limited_greedy", with: "greedy", in: TinyConfiguration.deepSeekV2)
        #expect(try Self.describe(text).router.groups == nil)
    }

    @Test("no shared expert where the count is absent, null or 0", arguments: ["null", "0"])
    func noSharedExpert(count: String) throws {
        let text = replacing(
            "\"n_shared_experts\": 1", with: "\"n_shared_experts\": \(count)",
            in: TinyConfiguration.glm4MoE)
        #expect(try Self.describe(text).sharedWidth == 0)
    }

    @Test("every model type belongs to one family, or to one for each of its parts")
    func modelTypesAreDistinct() throws {
        let types = try ModelFamily.all.flatMap { family in
            let part = try FamilySummary(family).part ?? ""
            return family.modelTypes.map { "\($0) \(part)" }
        }
        #expect(Set(types).count == types.count)
        #expect(ModelFamily.all.allSatisfy { !$0.name.isEmpty })
    }

    @Test("a family that the block cannot carry is refused by name, with the reason")
    func refused() throws {
        for (type, reason) in ModelFamily.refused {
            let config = try configuration(#"{"model_type": "\#(type)"}"#)
            #expect(
                message { _ = try ModelFamily.of(config) }
                    == "config.json: model_type \"\(type)\" is not supported: \(reason)")
        }
        let types = Set(ModelFamily.all.flatMap(\.modelTypes))
        #expect(types.isDisjoint(with: ModelFamily.refused.keys))
    }

    @Test("a name in architectures decides over model_type")
    func architectures() throws {
        for (architecture, name) in [
            ("BailingMoeForCausalLM", "bailing_moe"), ("BailingMoeV2ForCausalLM", "bailing_moe_v2"),
        ] {
            let config = try configuration(
                #"{"model_type": "bailing_moe", "architectures": ["\#(architecture)"]}"#)
            #expect(try ModelFamily.of(config).name == name)
        }
    }
}
