import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// The ways to store experts that no family of the list uses yet, or that several share.
@Suite("Expert forms")
struct ExpertFormTests {
    let model = TinyModel()

    /// A layer of OLMoE's sizes whose tensors are called otherwise.
    func layer(_ tensors: BlockTensors, _ parts: [String: Tensor]...) throws -> MoELayer {
        let olmoe = try #require(ModelFamily.all.first { $0.name == "olmoe" })
        let family = ModelFamily(
            "test", moeLayers: olmoe.moeLayers, tensors: tensors, describe: olmoe.describe)
        return try Checkpoint(
            configuration: configuration(TinyConfiguration.olmoe),
            tensors: MemoryTensorSource(merged(parts)), family: family
        ).layer(1, experts: .float)
    }

    func floats(_ layer: MoELayer) -> [Expert<Matrix<Float>>] {
        if case .float(let experts) = layer.experts { experts } else { [] }
    }

    /// Rows (gate 0, up 0, gate 1, …) of what is stored as gate rows, then up rows.
    func interleaved(_ gateUp: [Float], columns: Int) -> [Float] {
        let half = gateUp.count / 2
        return (0..<half / columns).flatMap { row in
            let gate = row * columns..<(row + 1) * columns
            return gateUp[gate] + gateUp[half + gate.lowerBound..<half + gate.upperBound]
        }
    }

    @Test("interleaved rows and biases come out as halves", arguments: [false, true])
    func interleaving(transposed: Bool) throws {
        let storage: ExpertTensor.Storage = transposed ? .inputMajor : .outputMajor
        let form = ExpertForm(
            gateUp: .fused(
                ExpertTensor(name: "mlp.both", packing: .stacked, storage: storage), .interleaved),
            down: ExpertTensor(name: "mlp.down", packing: .stacked),
            gateUpBias: .fused(
                ExpertTensor(name: "mlp.both_bias", packing: .stacked), .interleaved),
            downBias: ExpertTensor(name: "mlp.down_bias", packing: .stacked))
        let bias = model.values(6, seed: 5)
        let both = (0..<4).flatMap { expert in
            let rows = interleaved(model.gate(expert) + model.up(expert), columns: 4)
            return transposed ? model.transpose(rows, rows: 6) : rows
        }
        let layer = try layer(
            BlockTensors(router: ["mlp.router.weight"], experts: [form]),
            model.router("mlp.router.weight"),
            [
                "model.layers.1.mlp.both": model.tensor(both, transposed ? [4, 4, 6] : [4, 6, 4]),
                "model.layers.1.mlp.down": model.tensor(
                    (0..<4).flatMap(model.down), [4, 4, 3]),
                "model.layers.1.mlp.both_bias": model.tensor(
                    (0..<4).flatMap { _ in interleaved(bias, columns: 1) }, [4, 6]),
                "model.layers.1.mlp.down_bias": model.tensor(model.values(16, seed: 6), [4, 4]),
            ])
        let experts = floats(layer)
        try #require(experts.count == 4)
        for (index, expert) in experts.enumerated() {
            #expect(expert.gateUp.elements == model.gate(index) + model.up(index))
            #expect(expert.down.elements == model.down(index))
            #expect(expert.gateUpBias == bias)
            #expect(
                expert.downBias == Array(model.values(16, seed: 6)[index * 4..<index * 4 + 4]))
        }
    }

    @Test("experts below each other in one matrix, down stored the other way round")
    func concatenated() throws {
        func part(_ name: String, _ storage: ExpertTensor.Storage) -> ExpertTensor {
            ExpertTensor(name: "ffn." + name, packing: .concatenated, storage: storage)
        }
        let form = ExpertForm(
            gateUp: .separate(gate: part("w1", .outputMajor), up: part("v1", .outputMajor)),
            down: part("w2", .inputMajor))
        let downs = (0..<4).flatMap { model.transpose(model.down($0), rows: 4) }
        let layer = try layer(
            BlockTensors(router: ["ffn.router.weight"], experts: [form]),
            model.router("ffn.router.weight"),
            [
                "model.layers.1.ffn.w1": model.tensor((0..<4).flatMap(model.gate), [12, 4]),
                "model.layers.1.ffn.v1": model.tensor((0..<4).flatMap(model.up), [12, 4]),
                "model.layers.1.ffn.w2": model.tensor(downs, [12, 4]),
            ])
        let experts = floats(layer)
        #expect(experts.map(\.gateUp.elements) == (0..<4).map { model.gate($0) + model.up($0) })
        #expect(experts.map(\.down.elements) == (0..<4).map(model.down))
    }

    @Test("experts without a gate, a transposed router, a bias on the logits")
    func noGate() throws {
        let form = ExpertForm(
            gateUp: .upOnly(ExpertTensor(name: "mixer.experts.{e}.up_proj.weight")),
            down: ExpertTensor(name: "mixer.experts.{e}.down_proj.weight"))
        let experts = try model.perExpert("mixer.experts").filter { !$0.key.contains("gate_proj") }
        let router = model.values(16, seed: 99)
        let layer = try layer(
            BlockTensors(
                router: ["mixer.gate.weight"], transposedRouters: ["mixer.gate.weight"],
                logitBias: ["mixer.gate.bias"], experts: [form]),
            experts,
            [
                "model.layers.1.mixer.gate.weight": model.tensor(
                    model.transpose(router, rows: 4), [4, 4]),
                "model.layers.1.mixer.gate.bias": model.tensor(model.values(4, seed: 7), [4]),
            ])
        #expect(layer.router.weight.elements == router)
        #expect(layer.router.logitBias == model.values(4, seed: 7))
        #expect(floats(layer).map(\.gateUp.elements) == (0..<4).map(model.up))
        #expect(floats(layer).map(\.gateUp.rows) == [3, 3, 3, 3])
    }
}
