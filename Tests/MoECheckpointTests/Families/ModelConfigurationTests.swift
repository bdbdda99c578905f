import MoE
import MoECheckpoint
import Testing

/// Aliases, nesting, null, lists and limits of `config.json`.
@Suite("Model configuration")
struct ModelConfigurationTests {
    typealias Tests = FamilyDescriptionTests

    static func describe(_ old: String, _ new: String, layer: Int = 1) throws -> LayerDescription {
        try Tests.describe(
            replacing(old, with: new, in: TinyConfiguration.qwen3MoE), layer: layer)
    }

    @Test(
        "a quantity is found under every alias",
        arguments: [
            ("\"num_experts\"", "\"num_local_experts\""),
            ("\"num_experts\"", "\"n_routed_experts\""),
            ("\"num_experts\"", "\"moe_num_experts\""),
            ("\"num_experts\"", "\"num_routed_experts\""),
            ("\"num_experts_per_tok\"", "\"num_experts_per_token\""),
            ("\"num_experts_per_tok\"", "\"moe_topk\""),
            ("\"num_experts_per_tok\"", "\"moe_k\""),
            ("\"hidden_size\"", "\"d_model\""),
            ("\"norm_topk_prob\"", "\"moe_renormalize\""),
            ("\"num_experts\": 4", "\"ffn_config\": {\"moe_num_experts\": 4}"),
            ("\"num_experts\": 4", "\"num_experts\": 4, \"num_local_experts\": 4"),
            ("\"num_experts\": 4", "\"num_experts\": 4, \"num_local_experts\": null"),
            ("\"num_experts\": 4", "\"num_experts\": [0, 4, 8]"),
            ("\"num_experts_per_tok\": 2", "\"num_experts_per_tok\": 2, \"moe_topk\": [1, 2, 3]"),
        ])
    func aliases(old: String, new: String) throws {
        #expect(try Self.describe(old, new) == Tests.describe(TinyConfiguration.qwen3MoE))
    }

    @Test("a list holds one value per layer")
    func lists() throws {
        let (old, new) = ("\"num_experts\": 4", "\"num_experts\": [0, 4, 8]")
        #expect(try Self.describe(old, new, layer: 2).expertCount == 8)
        #expect(
            message { _ = try Self.describe(old, new, layer: 3) }
                == "config.json: num_experts: 3 entries, wanted one for layer 3")
        #expect(
            message { _ = try Self.describe(old, new, layer: 0) }
                == "config.json: num_experts[0]: 0, wanted an integer within 1...65536")
    }

    @Test(
        "the text model's object comes before the root",
        arguments: [
            #"{"text_config": X}"#,
            #"{"model_type": "llava", "text_config": X, "hidden_size": 8}"#,
            #"{"model_type": "omni", "thinker_config": {"text_config": X}, "text_config": {}}"#,
            #"{"llm_config": X, "language_config": {"hidden_size": 8}, "text_config": null}"#,
            #"{"num_local_experts": 5, "num_experts": 6, "language_model": X}"#,
        ])
    func nesting(text: String) throws {
        let config = replacing("X", with: TinyConfiguration.qwen3MoE, in: text)
        #expect(try Tests.describe(config) == Tests.describe(TinyConfiguration.qwen3MoE))
    }

    @Test("a key that the text model lacks is taken from the root")
    func rootFallback() throws {
        let inner = replacing(
            "\"model_type\": \"qwen3_moe\", \"hidden_size\": 4", with: "\"hidden_size\": null",
            in: TinyConfiguration.qwen3MoE)
        let config = #"{"model_type": "qwen3_moe", "d_model": 4, "text_config": \#(inner)}"#
        #expect(try Tests.describe(config) == Tests.describe(TinyConfiguration.qwen3MoE))
    }

    @Test(
        "every refusal names file and key",
        arguments: [
            (
                "\"num_experts\": 4", "\"num_experts\": 4, \"num_local_experts\": 8",
                "num_local_experts is 8 and num_experts is 4, wanted the same value"
            ),
            (
                "\"norm_topk_prob\": true", "\"norm_topk_prob\": true, \"moe_renormalize\": false",
                "norm_topk_prob is true and moe_renormalize is false, wanted the same value"
            ),
            (
                "\"num_experts\": 4", "\"num_experts\": 1000000000",
                "num_experts: 1000000000, wanted an integer within 1...65536"
            ),
            (
                "\"num_experts\": 4", "\"num_experts\": 0",
                "num_experts: 0, wanted an integer within 1...65536"
            ),
            (
                "\"num_experts\": 4", "\"num_experts\": -4",
                "num_experts: -4, wanted an integer within 1...65536"
            ),
            (
                "\"num_experts\": 4", "\"num_experts\": 4.0",
                "num_experts: 4.0, wanted an integer within 1...65536"
            ),
            (
                "\"num_experts\": 4", "\"num_experts\": \"4\"",
                "num_experts: \"4\", wanted an integer within 1...65536"
            ),
            (
                "\"num_experts\": 4", "\"num_experts\": 18446744073709551616",
                "num_experts: 1.8446744073709552e+19, wanted an integer within 1...65536"
            ),
            (
                "\"num_experts\": 4", "\"num_experts\": {}",
                "num_experts: an object, wanted an integer within 1...65536"
            ),
            (
                "\"num_experts_per_tok\": 2", "\"num_experts_per_tok\": 0",
                "num_experts_per_tok: 0, wanted an integer within 1...1024"
            ),
            (
                "\"num_experts_per_tok\": 2", "\"num_experts_per_tok\": 1025",
                "num_experts_per_tok: 1025, wanted an integer within 1...1024"
            ),
            (
                "\"num_experts_per_tok\": 2", "\"num_experts_per_tok\": 5",
                "router: top-k 5 is not within 1...4 experts"
            ),
            (
                "\"hidden_size\": 4", "\"hidden_size\": 1048577",
                "hidden_size: 1048577, wanted an integer within 1...1048576"
            ),
            (
                "\"hidden_size\": 4", "\"hidden_size\": [4, 4, 4]",
                "hidden_size: an array, wanted an integer within 1...1048576"
            ),
            (
                "\"moe_intermediate_size\": 3", "\"moe_intermediate_size\": 0",
                "moe_intermediate_size: 0, wanted an integer within 1...1048576"
            ),
            (
                "\"moe_intermediate_size\": 3", "\"moe_intermediate_size\": true",
                "moe_intermediate_size: true, wanted an integer within 1...1048576"
            ),
            (
                "\"norm_topk_prob\": true", "\"norm_topk_prob\": 1",
                "norm_topk_prob: 1, wanted a boolean"
            ),
            (
                "\"norm_topk_prob\": true", "\"hidden_act\": \"gelu\"",
                "hidden_act: \"gelu\", wanted \"silu\" or \"swish\""
            ),
            (
                "\"hidden_size\": 4,", "",
                "the hidden size is missing, wanted hidden_size or d_model"
            ),
            (
                "\"moe_intermediate_size\": 3,", "",
                "the width of an expert is missing, wanted moe_intermediate_size, "
                    + "expert_ffn_hidden_size or ffn_config.ffn_hidden_size"
            ),
            (
                "\"num_experts_per_tok\": 2,", "",
                "the number of experts per token is missing, wanted num_experts_per_tok, "
                    + "num_experts_per_token, moe_topk, moe_top_k, moe_k, top_k_experts, "
                    + "ffn_config.moe_top_k, experts_per_token or moe_router_topk"
            ),
            ("\"model_type\": \"qwen3_moe\",", "", "model_type: no such key"),
            (
                "\"model_type\": \"qwen3_moe\"", "\"model_type\": 3",
                "model_type: 3, wanted a string"
            ),
            (
                "\"model_type\": \"qwen3_moe\"", "\"model_type\": \"llama\"",
                "model_type \"llama\" is of no known family, wanted one of those that "
                    + "moe-cli families lists"
            ),
            (
                "\"hidden_size\": 4", "\"text_config\": 3",
                "text_config: 3, wanted an object"
            ),
        ])
    func refusals(old: String, new: String, expected: String) {
        #expect(message { _ = try Self.describe(old, new) } == "config.json: " + expected)
    }

    @Test(
        "a router's words and numbers are checked",
        arguments: [
            (
                "\"topk_method\": \"noaux_tc\"", "\"topk_method\": \"greedy\"",
                "topk_method: \"greedy\", wanted \"noaux_tc\""
            ),
            (
                "\"scoring_func\": \"sigmoid\"", "\"scoring_func\": \"softmax\"",
                "scoring_func: \"softmax\", wanted \"sigmoid\" or \"noaux_tc\""
            ),
            (
                "\"routed_scaling_factor\": 2.5", "\"routed_scaling_factor\": \"2.5\"",
                "routed_scaling_factor: \"2.5\", wanted a number within the range of 32-bit floats"
            ),
            (
                "\"routed_scaling_factor\": 2.5", "\"routed_scaling_factor\": 1e300",
                "routed_scaling_factor: 1e+300, wanted a number within the range of 32-bit floats"
            ),
            ("\"n_group\": 2", "\"n_group\": 3", "router: 4 experts cannot form 3 equal groups"),
            (
                "\"n_group\": 2", "\"n_group\": 4",
                "router: groups of one expert have no two best scores to rank them by"
            ),
            (
                "\"topk_group\": 1", "\"topk_group\": 3",
                "router: 3 kept groups are not within 1...2 groups"
            ),
            (
                "\"topk_group\": 1", "\"topk_group\": null",
                "the number of selected groups is missing, wanted topk_group"
            ),
            (
                "\"num_experts_per_tok\": 2", "\"num_experts_per_tok\": 3",
                "router: 1 kept groups of 2 experts are fewer than top-k 3"
            ),
            (
                "\"n_shared_experts\": 1", "\"n_shared_experts\": 1025",
                "n_shared_experts: 1025, wanted an integer within 0...1024"
            ),
        ])
    func routerRefusals(old: String, new: String, expected: String) {
        let text = replacing(old, with: new, in: TinyConfiguration.deepSeekV3)
        #expect(message { _ = try Tests.describe(text) } == "config.json: " + expected)
    }

    @Test("a shared expert too wide for any model is refused")
    func sharedTooWide() {
        var text = replacing(
            "\"n_shared_experts\": 1", with: "\"n_shared_experts\": 1024",
            in: TinyConfiguration.deepSeekV3)
        text = replacing(
            "\"moe_intermediate_size\": 3", with: "\"moe_intermediate_size\": 1048576", in: text)
        #expect(
            message { _ = try Tests.describe(text) }
                == "config.json: 1024 shared experts have 1073741824 rows, wanted at most 1048576")
    }

    @Test("a configuration that is no object is refused")
    func noObject() {
        #expect(
            message { _ = try configuration("[]") } == "config.json: an array, wanted an object")
    }
}
