import MoECheckpoint
import Testing

/// Which of ten layers each rule makes MoE.
@Suite("MoE layers by configuration")
struct MoELayerRuleTests {
    static let all = Array(0..<10)

    static let cases: [(type: String, keys: String, layers: [Int])] = [
        ("mixtral", "", all),
        ("olmoe", "", all),
        ("qwen2_moe", "", all),
        ("qwen2_moe", #", "decoder_sparse_step": 2"#, [1, 3, 5, 7, 9]),
        ("qwen3_moe", #", "decoder_sparse_step": 3, "mlp_only_layers": [5, 0]"#, [2, 8]),
        ("qwen3_moe", #", "mlp_only_layers": [0, 1, 2, 9]"#, [3, 4, 5, 6, 7, 8]),
        ("deepseek_v2", "", all),
        ("deepseek_v2", #", "first_k_dense_replace": 1"#, Array(1..<10)),
        ("deepseek_v3", "", Array(3..<10)),
        ("deepseek_v3", #", "first_k_dense_replace": 3, "moe_layer_freq": 2"#, [4, 6, 8]),
        ("kimi_k2", #", "first_k_dense_replace": 1"#, Array(1..<10)),
        ("glm4_moe", "", Array(1..<10)),
        ("glm4_moe", #", "first_k_dense_replace": 10"#, []),
    ]

    @Test("the rule of the family picks the layers", arguments: cases)
    func layers(type: String, keys: String, expected: [Int]) throws {
        let config = try configuration(#"{"model_type": "\#(type)"\#(keys)}"#)
        let rule = try ModelFamily.of(config).moeLayers
        #expect(try Self.all.filter { try rule.isMoE(config.layer($0)) } == expected)
    }

    @Test(
        "a step that is no step is refused",
        arguments: [
            (
                #""decoder_sparse_step": 0"#,
                "decoder_sparse_step: 0, wanted an integer within 1...4096"
            ),
            (#""mlp_only_layers": 3"#, "mlp_only_layers: 3, wanted a list"),
            (#""mlp_only_layers": [1, -1]"#, "mlp_only_layers[1]: -1, wanted the index of a layer"),
        ])
    func badSteps(pair: String, expected: String) throws {
        let config = try configuration(#"{"model_type": "qwen3_moe", \#(pair)}"#)
        let rule = try ModelFamily.of(config).moeLayers
        #expect(message { _ = try rule.isMoE(config.layer(1)) } == "config.json: " + expected)
    }
}
