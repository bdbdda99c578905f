import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// Models whose `model_type` no family lists.
@Suite("Unknown families")
struct UnknownLayoutTests {
    let model = TinyModel(sharedWidth: 3)
    static let keys = """
        "hidden_size": 4, "num_hidden_layers": 3, "moe_intermediate_size": 3, "num_experts": 4, \
        "num_experts_per_tok": 2, "n_shared_experts": 1, "norm_topk_prob": true
        """

    func config(_ keys: String = keys) -> String { #"{"model_type": "novel", \#(keys)}"# }

    @Test("a plain layout is taken for Qwen3-MoE, whatever the block is called")
    func softmax() throws {
        for block in ["mlp", "block_sparse_moe", "feed_forward"] {
            let checkpoint = try checkpoint(
                config(), model.router("\(block).gate.weight"), model.perExpert("\(block).experts"))
            #expect(checkpoint.takenFor == "qwen3_moe")
            #expect(checkpoint.family.name == "novel")
            #expect(checkpoint.moeLayers == [1])
            #expect(try checkpoint.isMoE(layer: 0) == false)
            let layer = try checkpoint.layer(1, experts: .float)
            #expect(layer.router.configuration == FamilyDescriptionTests.softmaxToOne)
            #expect(layer.shared == nil)
        }
    }

    @Test("a correction bias makes it DeepSeek-V3, a shared expert alone DeepSeek's first")
    func shared() throws {
        let biased = try checkpoint(
            config(), model.router(), model.perExpert(), model.shared(),
            model.correctionBias("mlp.expert_bias"))
        #expect(biased.takenFor == "deepseek_v3")
        let layer = try biased.layer(1, experts: .float)
        #expect(layer.router.configuration == FamilyDescriptionTests.sigmoid(1))
        #expect(layer.router.correctionBias == model.values(4, seed: 98))
        #expect(layer.shared != nil)
        let plain = try checkpoint(config(), model.router(), model.perExpert(), model.shared())
        #expect(plain.takenFor == "deepseek")
        let gate = [
            "model.layers.1.mlp.shared_expert_gate.weight": try Tensor(
                [1, 2, 3, 4] as [Float], shape: [1, 4])
        ]
        let gated = try checkpoint(
            config(), model.router(), model.perExpert(), model.shared("mlp.shared_expert"), gate)
        #expect(gated.takenFor == "qwen2_moe")
        #expect(try gated.layer(1, experts: .int8).shared?.gate == [1, 2, 3, 4])
    }

    @Test("a known model_type is not taken for anything")
    func known() throws {
        let checkpoint = try checkpoint(
            TinyConfiguration.qwen3MoE, model.router(), model.perExpert())
        #expect(checkpoint.takenFor == nil)
    }

    @Test("what no key says is not guessed")
    func refusals() throws {
        func refusal(_ keys: String, _ parts: [String: Tensor]...) -> String {
            message { _ = try checkpoint(config(keys), MemoryTensorSource(merged(parts))) }
        }
        let start = "config.json: model_type \"novel\" is of no known family, "
        let tensors = [try model.router(), try model.perExpert()]
        let unsaid = replacing(", \"norm_topk_prob\": true", with: "", in: Self.keys)
        #expect(
            refusal(unsaid, merged(tensors)) == start
                + "and without norm_topk_prob nothing says whether weights are renormalised")
        #expect(
            refusal(Self.keys + #", "swiglu_limit": 7"#, merged(tensors)) == start
                + "and nothing says what its swiglu_limit means")
        #expect(
            refusal(Self.keys, try model.perExpert()) == start
                + "and its tensors are of no known layout, wanted one of those that "
                + "moe-cli families lists")
    }

    @Test("a bias on the logits, which may be one on the scores, is an unexpected tensor")
    func bias() throws {
        let bias = [
            "model.layers.1.mlp.gate.bias": try Tensor(
                [1, 2, 3, 4] as [Float], shape: [4])
        ]
        let checkpoint = try checkpoint(config(), model.router(), model.perExpert(), bias)
        #expect(
            message { _ = try checkpoint.layer(1, experts: .int8) }
                == "model.layers.1.mlp.gate.bias: unexpected tensor, which no part of a novel block "
                + "with this configuration reads")
    }
}
