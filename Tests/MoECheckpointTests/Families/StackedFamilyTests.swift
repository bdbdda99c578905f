import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// Families that publish all experts of a projection in one tensor, under names of their own.
@Suite("Families of stacked experts")
struct StackedFamilyTests {
    let model = TinyModel(layer: "model.layers.5.")

    /// A checkpoint of a published family whose layer 5 has these tensors.
    func layer(
        _ type: String, in families: [PublishedFamily], _ parts: [String: Tensor]...
    ) throws -> MoELayer {
        let family = try #require(families.first { $0.type == type })
        return try checkpoint(family.config, MemoryTensorSource(merged(parts)))
            .layer(5, experts: .float)
    }

    func stacked(_ name: String, _ rows: (Int) -> [Float], _ shape: [Int]) throws -> [String:
        Tensor]
    {
        [
            "model.layers.5." + name: try model.tensor(
                (0..<4).flatMap(rows), [4] + shape)
        ]
    }

    func expectExperts(_ layer: MoELayer, downBias: [Float]? = nil) throws {
        guard case .float(let experts) = layer.experts else { return #expect(Bool(false)) }
        #expect(experts.map(\.gateUp.elements) == (0..<4).map { model.gate($0) + model.up($0) })
        #expect(experts.map(\.down.elements) == (0..<4).map(model.down))
        #expect(experts.map(\.downBias) == Array(repeating: downBias, count: 4))
    }

    @Test("Step-3 has a tensor a projection and its shared expert beside the block")
    func step3() throws {
        let layer = try layer(
            "step3_text", in: PublishedFamily.softmaxFamilies, model.router("moe.gate.weight"),
            stacked("moe.gate_proj.weight", model.gate, [3, 4]),
            stacked("moe.up_proj.weight", model.up, [3, 4]),
            stacked("moe.down_proj.weight", model.down, [4, 3]), model.shared("share_expert"))
        try expectExperts(layer)
        #expect(layer.shared != nil)
    }

    @Test("JetMoE's one bias stands behind every expert")
    func jetMoE() throws {
        let bias = model.values(4, seed: 70)
        let layer = try layer(
            "jetmoe", in: PublishedFamily.logitFamilies, model.router("mlp.router.layer.weight"),
            stacked("mlp.input_linear.weight", { model.gate($0) + model.up($0) }, [6, 4]),
            stacked("mlp.output_linear.weight", model.down, [4, 3]),
            ["model.layers.5.mlp.bias": model.tensor(bias, [4])])
        try expectExperts(layer, downBias: bias)
    }

    @Test("Aria's are transposed under names of their own")
    func aria() throws {
        var model = model
        model.sharedWidth = 6
        let layer = try layer(
            "aria_text", in: PublishedFamily.logitFamilies, model.router("mlp.router.weight"),
            stacked(
                "mlp.experts.fc1.weight",
                { model.transpose(model.gate($0) + model.up($0), rows: 6) }, [4, 6]),
            stacked(
                "mlp.experts.fc2.weight", { model.transpose(model.down($0), rows: 4) }, [3, 4]),
            model.shared())
        try expectExperts(layer)
    }

    @Test("LongCat's rows for experts without weights are left unread", arguments: [true, false])
    func identityExperts(fused: Bool) throws {
        var padded = model
        padded.experts = 6
        var tensors = try fused ? padded.fused() : padded.perExpert()
        if fused {
            tensors = merged([
                tensors, try stacked("mlp.experts.down_proj", model.down, [4, 3]),
            ])
        } else {
            for expert in 4..<6 {
                tensors["model.layers.5.mlp.experts.\(expert).down_proj.weight"] = nil
            }
        }
        let layer = try layer(
            "longcat_flash", in: PublishedFamily.logitFamilies,
            padded.router("mlp.router.classifier.weight"),
            padded.correctionBias("mlp.router.e_score_correction_bias"), tensors)
        try expectExperts(layer)
        #expect(layer.router.weight.rows == 6)
    }

    @Test("Gemma 4's router folds its scale into its weight and keeps the scale of experts")
    func gemma4() throws {
        let layer = try layer(
            "gemma4_text", in: PublishedFamily.logitFamilies, model.router("router.proj.weight"),
            model.fused("experts"),
            [
                "model.layers.5.router.scale": Tensor([2, 4, 6, 8] as [Float], shape: [4]),
                "model.layers.5.router.per_expert_scale": Tensor(
                    [1, 2, 3, 4] as [Float], shape: [4]),
            ])
        try expectExperts(layer)
        let plain = model.values(16, seed: 99)
        #expect(
            layer.router.weight.elements
                == plain.indices.map {
                    plain[$0] * Float($0 % 4 + 1)
                })
        #expect(layer.router.expertScale == [1, 2, 3, 4])
        #expect(layer.router.inputNormEpsilon == 1e-6)
    }

    @Test("DeepSeek-V4's first layers have a table in place of a correction bias")
    func table() throws {
        let published = try #require(
            PublishedFamily.sigmoidFamilies.first { $0.type == "deepseek_v4" })
        let config = replacing(
            "\"num_hash_layers\": 0", with: "\"num_hash_layers\": 6, \"vocab_size\": 3",
            in: published.config)
        let names = try #require(published.names.first)
        var tensors = try published.tensors(names)
        tensors["layers.5.ffn.gate.bias"] = nil
        tensors["layers.5.ffn.gate.tid2eid"] = try Tensor(
            [0, 1, 2, 3, 1, 0] as [Int64], shape: [3, 2])
        let layer = try checkpoint(config, MemoryTensorSource(tensors)).layer(5, experts: .int8)
        #expect(layer.router.expertsOfToken?.elements == [0, 1, 2, 3, 1, 0])
        #expect(layer.router.correctionBias == nil)

        tensors["layers.5.ffn.gate.tid2eid"] = try Tensor([0] as [Float], shape: [1, 1])
        #expect(
            message {
                _ = try checkpoint(config, MemoryTensorSource(tensors)).layer(5, experts: .int8)
            }
                == "model.safetensors: layers.5.ffn.gate.tid2eid: F32 [1, 1], wanted I64 or I32 "
                + "[3, 2] by the configuration")
    }

    @Test("the number of a Nemotron's layers is that of its pattern's letters")
    func pattern() throws {
        let family = try #require(
            PublishedFamily.logitFamilies.first { $0.type == "nemotron_h" })
        let config = replacing("\"num_hidden_layers\": 10, ", with: "", in: family.config)
        #expect(try checkpoint(config, [:]).layerCount == 10)
    }

    @Test("Inkling's shared experts stand behind the others, under either of their names")
    func inkling() throws {
        let config = """
            {"model_type": "inkling_mm_model", "text_config": {"model_type": "inkling_text", \
            "hidden_size": 4, "num_hidden_layers": 10, "intermediate_size": 3, \
            "dense_intermediate_size": 7, "dense_mlp_idx": 2, "n_routed_experts": 3, \
            "num_experts_per_tok": 2, "n_shared_experts": 1, "route_scale": 8.0}}
            """
        func rows(_ experts: Range<Int>, interleaved: Bool) -> [Float] {
            var rows: [Float] = []
            for expert in experts {
                let gate = model.gate(expert), up = model.up(expert)
                guard interleaved else {
                    rows += gate + up
                    continue
                }
                for row in 0..<3 {
                    rows += gate[4 * row..<4 * row + 4]
                    rows += up[4 * row..<4 * row + 4]
                }
            }
            return rows
        }
        let mlp = "model.llm.layers.5.mlp."
        let router = [
            mlp + "gate.weight": try model.tensor(model.values(16, seed: 99), [4, 4]),
            mlp + "gate.bias": try Tensor(model.values(3, seed: 98), shape: [3]),
            mlp + "gate.global_scale": try Tensor([0.5] as [Float], shape: [1]),
        ]
        let published = [
            mlp + "experts.w13_weight": try model.tensor(
                rows(0..<3, interleaved: true), [3, 6, 4]),
            mlp + "experts.w2_weight": try model.tensor(
                (0..<3).flatMap(model.down), [3, 4, 3]),
            mlp + "shared_experts.shared_w13_weight": try model.tensor(
                rows(3..<4, interleaved: true), [1, 6, 4]),
            mlp + "shared_experts.shared_w2_weight": try model.tensor(model.down(3), [1, 4, 3]),
        ]
        let renamed = [
            mlp + "experts.gate_up_proj": try model.tensor(
                rows(0..<3, interleaved: false), [3, 6, 4]),
            mlp + "experts.down_proj": try model.tensor(
                (0..<3).flatMap(model.down), [3, 4, 3]),
            mlp + "shared_experts.gate_proj": try model.tensor(model.gate(3), [1, 3, 4]),
            mlp + "shared_experts.up_proj": try model.tensor(model.up(3), [1, 3, 4]),
            mlp + "shared_experts.down_proj": try model.tensor(model.down(3), [1, 4, 3]),
        ]
        for experts in [published, renamed] {
            let checkpoint = try checkpoint(
                config, MemoryTensorSource(merged([router, experts])))
            let layer = try checkpoint.layer(5, experts: .float)
            try expectExperts(layer)
            #expect(layer.shared == nil)
            #expect(layer.router.correctionBias == model.values(3, seed: 98) + [0])
            #expect(
                layer.router.configuration
                    == RouterConfiguration(
                        topK: 3, alwaysChosen: 1, score: .sigmoid,
                        renormalization: .sum(epsilon: 0), scalingFactor: 4))
        }
        let moe = try ModelFamily.of(configuration(config)).moeLayers
        #expect(
            try PublishedFamily.all.filter { try moe.isMoE(configuration(config).layer($0)) }
                == PublishedFamily.from(2))
        let unweighted = replacing(
            "\"route_scale\"", with: "\"shared_expert_sink\": false, \"route_scale\"", in: config)
        #expect(
            message { _ = try FamilyDescriptionTests.describe(unweighted, layer: 5) }
                == "config.json: shared_expert_sink: false, wanted true: a router that weighs the "
                + "shared experts")
    }

    @Test("a latent Nemotron's experts are as wide as its projections, which must be there")
    func latent() throws {
        let family = try #require(
            PublishedFamily.logitFamilies.first { $0.type == "nemotron_h" })
        let config = replacing(
            "\"n_routed", with: "\"moe_latent_size\": 2, \"n_routed", in: family.config)
        let mixer = "backbone.layers.5.mixer."
        func values(_ rows: Int, _ columns: Int, _ seed: Int) throws -> Tensor {
            try Tensor(model.values(rows * columns, seed: seed), shape: [rows, columns])
        }
        var tensors = [
            mixer + "gate.weight": try values(4, 4, 99),
            mixer + "gate.e_score_correction_bias": try Tensor(
                model.values(4, seed: 98), shape: [4]),
            mixer + "fc1_latent_proj.weight": try values(2, 4, 1),
            mixer + "fc2_latent_proj.weight": try values(4, 2, 2),
            mixer + "shared_experts.up_proj.weight": try values(5, 4, 3),
            mixer + "shared_experts.down_proj.weight": try values(4, 5, 4),
        ]
        for expert in 0..<4 {
            tensors[mixer + "experts.\(expert).up_proj.weight"] = try values(3, 2, 10 + expert)
            tensors[mixer + "experts.\(expert).down_proj.weight"] = try values(2, 3, 20 + expert)
        }
        func load() throws -> MoELayer {
            try checkpoint(config, MemoryTensorSource(tensors)).layer(5, experts: .float)
        }

        let layer = try load()
        #expect(layer.latent?.compression.elements == model.values(8, seed: 1))
        #expect(layer.latent?.expansion.elements == model.values(8, seed: 2))
        #expect(try MoEBlock(layer).shape.hiddenSize == 4)

        tensors[mixer + "fc2_latent_proj.weight"] = nil
        #expect(
            message { _ = try load() }
                == "layer 5 has no tensor for an expansion, wanted mixer.fc2_latent_proj.weight")
    }
}
