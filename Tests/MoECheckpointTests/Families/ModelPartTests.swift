import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// Models of which a user says which part is meant.
@Suite("Parts of a model")
struct ModelPartTests {
    /// ERNIE-4.5-VL: a list has a value for each of two sets of experts.
    static let ernie = """
        {"model_type": "ernie4_5_vl_moe", "text_config": {"hidden_size": 4, "moe_num_experts": [4, 4], \
        "moe_intermediate_size": [3, 2], "moe_k": 2, "moe_num_shared_experts": 2, \
        "num_hidden_layers": 2, "moe_layer_start_index": [1, 1], "moe_layer_end_index": [29, 28]}}
        """
    private let text = TinyModel(sharedWidth: 6)
    private var vision: TinyModel { TinyModel(width: 2) }

    private func layer(
        _ config: String, _ tensors: [String: Tensor], part: String?, of index: Int = 1
    ) throws -> MoELayer {
        try Checkpoint(
            configuration: configuration(config), tensors: MemoryTensorSource(tensors), part: part
        ).layer(index, experts: .float)
    }

    /// Both sets of experts as they are published: counted through, routers the other way round.
    private func published() throws -> [String: Tensor] {
        let prefix = text.layer + "mlp."
        func router(_ seed: Int) throws -> Tensor {
            try text.tensor(text.transpose(text.values(16, seed: seed), rows: 4), [4, 4])
        }
        var tensors = merged([try text.perExpert(), try text.shared()])
        for (name, tensor) in try vision.perExpert() {
            let parts = name.split(separator: "experts.", maxSplits: 1)
            let index = try #require(Int(String(parts[1].prefix(1))))
            tensors["\(prefix)experts.\(index + 4)\(parts[1].dropFirst(1))"] = tensor
        }
        tensors[prefix + "gate.weight"] = try router(99)
        tensors[prefix + "gate.weight_1"] = try router(97)
        tensors[prefix + "moe_statics.e_score_correction_bias"] = try Tensor(
            text.values(4, seed: 98) + text.values(4, seed: 96), shape: [2, 4])
        return tensors
    }

    /// The same as transformers keeps them: every set under names of its own.
    private func renamed() throws -> [String: Tensor] {
        var tensors = try text.shared()
        for (part, model, seed) in [("text", text, 99), ("vision", vision, 97)] {
            let gate = "\(text.layer)mlp.\(part)_moe.gate."
            tensors[gate + "weight"] = try text.tensor(text.values(16, seed: seed), [4, 4])
            tensors[gate + "moe_statics.e_score_correction_bias"] = try Tensor(
                text.values(4, seed: seed - 1), shape: [1, 4])
            tensors.merge(try model.fused("mlp.\(part)_moe.experts")) { $1 }
        }
        return tensors
    }

    @Test("ERNIE's two sets of experts are two layers with the same shared ones")
    func ernie() throws {
        for tensors in [try published(), try renamed()] {
            for (part, model, seed) in [
                (nil, text, 99), ("text", text, 99), ("vision", vision, 97),
            ] {
                let layer = try layer(Self.ernie, tensors, part: part)
                #expect(layer.router.weight.elements == text.values(16, seed: seed))
                #expect(layer.router.correctionBias == text.values(4, seed: seed - 1))
                guard case .float(let experts) = layer.experts,
                    case .float(let shared)? = layer.shared?.experts
                else { return #expect(Bool(false)) }
                #expect(
                    experts.map(\.gateUp.elements)
                        == (0..<4).map { model.gate($0) + model.up($0) })
                #expect(experts.map(\.down.elements) == (0..<4).map(model.down))
                #expect(shared.map(\.down.elements) == [text.values(24, seed: 92)])
            }
        }
    }

    @Test("an expert that is missing from one set is missing there alone")
    func missing() throws {
        var tensors = try published()
        tensors[text.layer + "mlp.experts.6.up_proj.weight"] = nil
        _ = try layer(Self.ernie, tensors, part: "text")
        #expect(
            message { _ = try layer(Self.ernie, tensors, part: "vision") }
                == "layer 1 has no tensor mlp.experts.6.up_proj.weight, wanted 4 experts by the "
                + "configuration")

        tensors = try published()
        let last = text.layer + "mlp.experts.8.up_proj.weight"
        tensors[last] = try text.tensor(text.up(0), [3, 4])
        #expect(
            message { _ = try layer(Self.ernie, tensors, part: "text") }
                == "\(last): expert 8, wanted 4 experts by the configuration")
    }

    @Test("Qwen3-Omni's talker has a configuration and tensors of its own")
    func omni() throws {
        let config = """
            {"model_type": "qwen3_omni_moe", \
            "thinker_config": {"text_config": {"model_type": "qwen3_omni_moe_text", \
            "hidden_size": 4, "num_hidden_layers": 2, "moe_intermediate_size": 3, \
            "num_experts": 4, "num_experts_per_tok": 2}}, \
            "talker_config": {"text_config": {"model_type": "qwen3_omni_moe_talker_text", \
            "hidden_size": 4, "num_hidden_layers": 3, "moe_intermediate_size": 2, \
            "shared_expert_intermediate_size": 5, "num_experts": 4, "num_experts_per_tok": 3}}}
            """
        let thinker = TinyModel(layer: "thinker.model.layers.1.")
        let talker = TinyModel(width: 2, layer: "talker.model.layers.1.")
        let tensors = merged([
            try thinker.router(), try thinker.perExpert(), try talker.router(),
            try talker.perExpert(), try talker.shared("mlp.shared_expert"),
            [
                talker.layer + "mlp.shared_expert_gate.weight": try Tensor(
                    talker.values(4, seed: 5), shape: [1, 4])
            ],
        ])
        let first = try layer(config, tensors, part: nil)
        let second = try layer(config, tensors, part: "talker")

        #expect(first.router.configuration == PublishedFamily.softmax(0))
        #expect(first.shared == nil)
        #expect(second.router.configuration.topK == 3)
        #expect(second.router.configuration.renormalization == .none)
        #expect(second.shared?.gate == talker.values(4, seed: 5))
        #expect(try MoEBlock(second).shape.expertWidth == 2)
        let checkpoint = try Checkpoint(
            configuration: configuration(config), tensors: MemoryTensorSource(tensors),
            part: "talker")
        #expect(checkpoint.parts == ["talker", "thinker"] && checkpoint.layerCount == 3)
    }

    @Test("a part that a model does not have is refused, and the message lists those it has")
    func unknown() throws {
        let tensors = try published()
        #expect(
            message { _ = try layer(Self.ernie, tensors, part: "talker") }
                == "config.json: the model has no part \"talker\", wanted text or vision")
        let mixtral = PublishedFamily.softmaxFamilies[0].config
        #expect(
            message { _ = try layer(mixtral, [:], part: "text") }
                == "config.json: the model has no part \"text\", wanted none, as it is of one")
        let unknown = """
            {"model_type": "unheard_of", "hidden_size": 4, "num_hidden_layers": 2, \
            "moe_intermediate_size": 3, "num_experts": 4, "num_experts_per_tok": 2, \
            "norm_topk_prob": true}
            """
        let usual = merged([try text.router(), try text.perExpert()])
        _ = try layer(unknown, usual, part: nil)
        #expect(
            message { _ = try layer(unknown, usual, part: "text") }
                == "config.json: the model has no part \"text\", wanted none, as it is of one")
    }
}
