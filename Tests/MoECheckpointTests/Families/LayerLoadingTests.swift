import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// Layers loaded from tensors in memory.
@Suite("Loading layers")
struct LayerLoadingTests {
    let model = TinyModel()

    func floats(_ layer: MoELayer) throws -> [Expert<Matrix<Float>>] {
        guard case .float(let experts) = layer.experts else { return [] }
        return experts
    }

    @Test("a Mixtral layer is gate above up, and down, expert by expert")
    func mixtral() throws {
        let checkpoint = try checkpoint(
            TinyConfiguration.mixtral, model.router("block_sparse_moe.gate.weight"),
            model.perExpert("block_sparse_moe.experts", names: ["w1", "w3", "w2"]))
        let layer = try checkpoint.layer(1, experts: .float)
        #expect(checkpoint.family.name == "mixtral")
        #expect(checkpoint.layerCount == 3)
        #expect(checkpoint.moeLayers == [1])
        #expect(layer.router.configuration == FamilyDescriptionTests.softmaxToOne)
        #expect(layer.router.weight.rows == 4)
        #expect(layer.router.weight.elements == model.values(16, seed: 99))
        #expect(layer.router.correctionBias == nil)
        #expect(layer.shared == nil)
        let experts = try floats(layer)
        try #require(experts.count == 4)
        for (index, expert) in experts.enumerated() {
            #expect(expert.gateUp.rows == 6 && expert.gateUp.columns == 4)
            #expect(expert.gateUp.elements == model.gate(index) + model.up(index))
            #expect(expert.down.rows == 4 && expert.down.columns == 3)
            #expect(expert.down.elements == model.down(index))
            #expect(expert.gateUpBias == nil && expert.downBias == nil)
        }
    }

    @Test("a DeepSeek-V3 layer has its correction bias and its shared expert")
    func deepSeekV3() throws {
        var model = model
        model.sharedWidth = 3
        let layer = try checkpoint(
            TinyConfiguration.deepSeekV3, model.router(), model.correctionBias(),
            model.perExpert(), model.shared()
        ).layer(1, experts: .float)
        #expect(layer.router.correctionBias == model.values(4, seed: 98))
        #expect(layer.router.logitBias == nil)
        let shared = try #require(layer.shared)
        #expect(shared.gate == nil)
        guard case .float(let experts) = shared.experts else { return #expect(Bool(false)) }
        try #require(experts.count == 1)
        #expect(
            experts[0].gateUp.elements == model.values(12, seed: 90) + model.values(12, seed: 91))
        #expect(experts[0].down.elements == model.values(12, seed: 92))
    }

    @Test("a Qwen2-MoE layer has a gated shared expert of its own width")
    func qwen2() throws {
        let gate = [
            "model.layers.1.mlp.shared_expert_gate.weight": try Tensor(
                [1, 2, 3, 4] as [Float], shape: [1, 4])
        ]
        let layer = try checkpoint(
            TinyConfiguration.qwen2MoE, model.router(), model.perExpert(),
            model.shared("mlp.shared_expert"), gate
        ).layer(1, experts: .int8)
        let shared = try #require(layer.shared)
        #expect(shared.gate == [1, 2, 3, 4])
        guard case .int8(let experts) = shared.experts else { return #expect(Bool(false)) }
        #expect(experts[0].gateUp.values.rows == 10)
        #expect(experts[0].down.values.columns == 5)
    }

    @Test("a correction bias may be a row")
    func correctionRow() throws {
        let row = try Tensor(model.values(4, seed: 98), shape: [1, 4])
        var noShared = replacing(
            "\"n_shared_experts\": 1", with: "\"n_shared_experts\": 0",
            in: TinyConfiguration.glm4MoE)
        noShared = replacing("\"n_group\": 1", with: "\"n_group\": 0", in: noShared)
        let layer = try checkpoint(
            noShared, model.router(), model.perExpert(),
            ["model.layers.1.mlp.gate.e_score_correction_bias": row]
        ).layer(1, experts: .float)
        #expect(layer.router.correctionBias == model.values(4, seed: 98))
    }

    @Test("int8 experts are the float ones quantised by output channel", arguments: [false, true])
    func quantized(transposed: Bool) throws {
        let checkpoint = try checkpoint(
            TinyConfiguration.olmoe, model.router(), model.fused(transposed: transposed))
        let expected = try floats(checkpoint.layer(1, experts: .float))
        guard case .int8(let experts) = try checkpoint.layer(1, experts: .int8).experts else {
            return #expect(Bool(false))
        }
        try #require(experts.count == 4)
        for (quantized, float) in zip(experts, expected) {
            for (matrix, weights) in [
                (quantized.gateUp, float.gateUp), (quantized.down, float.down),
            ] {
                #expect(
                    matrix.values.rows == weights.rows && matrix.values.columns == weights.columns)
                for row in 0..<weights.rows {
                    let scale = weights.row(row).reduce(0) { max($0, $1.magnitude) } / 127
                    #expect(matrix.scale[row] == scale)
                    #expect(
                        Array(matrix.values.row(row))
                            == weights.row(row).map { Int8(($0 / scale).rounded(.toNearestOrEven)) }
                    )
                }
            }
        }
    }

    @Test(
        "all forms of saving and all float types give the same layer",
        arguments: [ElementType.bf16, .f16, .f32], ["fused", "transposed", "separate"])
    func forms(type: ElementType, form: String) throws {
        var model = model
        model.type = type
        let tensors =
            switch form {
            case "fused": try model.fused()
            case "transposed": try model.fused(transposed: true)
            default: try model.perExpert()
            }
        let layer = try checkpoint(TinyConfiguration.qwen3MoE, model.router(), tensors)
            .layer(1, experts: .float)
        #expect(layer.router.weight.elements == model.values(16, seed: 99))
        let experts = try floats(layer)
        #expect(experts.map(\.gateUp.elements) == (0..<4).map { model.gate($0) + model.up($0) })
        #expect(experts.map(\.down.elements) == (0..<4).map { model.down($0) })
    }

    @Test("where shapes cannot tell, fused experts are taken as not transposed")
    func square() throws {
        var model = model
        model.width = 4
        let config = replacing(
            "\"moe_intermediate_size\": 3", with: "\"moe_intermediate_size\": 4",
            in: TinyConfiguration.qwen3MoE)
        let layer = try checkpoint(config, model.router(), model.fused()).layer(1, experts: .float)
        #expect(try floats(layer).map(\.down.elements) == (0..<4).map { model.down($0) })
    }

    @Test("wide matrices are read in pieces and transposed in tiles")
    func large() throws {
        var model = TinyModel(hidden: 700, width: 333, experts: 1)
        model.type = .f32
        var config = replacing(
            "\"hidden_size\": 4", with: "\"hidden_size\": 700", in: TinyConfiguration.mixtral)
        config = replacing(
            "\"intermediate_size\": 3", with: "\"intermediate_size\": 333", in: config)
        config = replacing("\"num_local_experts\": 4", with: "\"num_local_experts\": 1", in: config)
        config = replacing(
            "\"num_experts_per_tok\": 2", with: "\"num_experts_per_tok\": 1", in: config)
        for transposed in [false, true] {
            let layer = try checkpoint(config, model.router(), model.fused(transposed: transposed))
                .layer(1, experts: .float)
            let expert = try #require(try floats(layer).first)
            // As truth values: a failure must not print half a million numbers.
            let gateUpAgrees = expert.gateUp.elements == model.gate(0) + model.up(0)
            let downAgrees = expert.down.elements == model.down(0)
            #expect(gateUpAgrees && downAgrees)
        }
    }

    @Test("only the layer that is asked for is read, behind a multimodal prefix too")
    func layers() throws {
        var other = model
        other.layer = "model.language_model.layers.2."
        var mine = other
        mine.layer = "model.language_model.layers.1."
        let tower = [
            "model.visual.layers.1.mlp.gate.weight": try Tensor([1] as [Float], shape: [1])
        ]
        let checkpoint = try checkpoint(
            TinyConfiguration.olmoe, mine.router(), mine.perExpert(), other.router(), tower)
        #expect(checkpoint.moeLayers == [1, 2])
        #expect(try checkpoint.layer(1, experts: .int8).experts.count == 4)
        #expect(throws: CheckpointError.self) { try checkpoint.layer(2, experts: .int8) }
    }
}
