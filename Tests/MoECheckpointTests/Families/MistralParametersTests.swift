import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// Folders in Mistral's own form: `params.json` and `consolidated.safetensors`.
@Suite("Mistral's own files")
struct MistralParametersTests {
    static let parameters = """
        {"dim": 4, "n_layers": 2, "hidden_dim": 3, "n_heads": 2, "vocab_size": 8, \
        "moe": {"num_experts_per_tok": 2, "num_experts": 4}}
        """
    private let model = TinyModel(layer: "layers.1.")
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The checkpoint of a folder with these parameters.
    private func checkpoint(_ parameters: String = Self.parameters) throws -> Checkpoint {
        let tensors = merged([
            try model.router("feed_forward.gate.weight"),
            try model.perExpert("feed_forward.experts", names: ["w1", "w3", "w2"]),
        ])
        try SafetensorsWriter.write(
            tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
            to: folder.path(of: "consolidated.safetensors"))
        try folder.write(parameters, to: "params.json")
        return try Checkpoint(directory: folder.path)
    }

    @Test("are a Mixtral's under other names")
    func mixtral() throws {
        let checkpoint = try checkpoint()
        #expect(checkpoint.family.name == "mixtral" && checkpoint.layerCount == 2)
        let layer = try checkpoint.layer(1, experts: .float)
        #expect(layer.router.configuration == PublishedFamily.softmax(0))
        #expect(layer.router.weight.elements == model.values(16, seed: 99))
        guard case .float(let experts) = layer.experts else { return #expect(Bool(false)) }
        #expect(experts.map(\.gateUp.elements) == (0..<4).map { model.gate($0) + model.up($0) })
        #expect(experts.map(\.down.elements) == (0..<4).map(model.down))
    }

    @Test("count for nothing beside a config.json")
    func both() throws {
        try folder.write(#"{"model_type": "olmoe", "num_hidden_layers": 7}"#, to: "config.json")
        let checkpoint = try checkpoint()
        #expect(checkpoint.family.name == "olmoe" && checkpoint.layerCount == 7)
    }

    @Test("are packed, and a change of the parameters is noticed")
    func packed() throws {
        _ = try checkpoint()
        let packed = folder.path(of: "model.pack")
        _ = try CheckpointPacker(of: folder.path).write(to: packed)
        let file = try PackedModel(opening: packed)
        try file.verify(isMadeFrom: folder.path)
        try folder.write(Self.parameters + "\n", to: "params.json")
        #expect(
            message { try file.verify(isMadeFrom: folder.path) }.contains("params.json"))
    }

    @Test("of no experts, or of more than a Mixtral's, are refused")
    func refused() throws {
        #expect(
            message { _ = try checkpoint(#"{"dim": 4, "n_layers": 2, "hidden_dim": 3}"#) }
                .hasSuffix("params.json: moe.num_experts: no such key"))
        let other = replacing(
            "\"num_experts\"", with: "\"expert_hidden_dim\": 3, \"num_experts\"",
            in: Self.parameters)
        #expect(
            message { _ = try checkpoint(other) }.hasSuffix(
                "params.json: moe.expert_hidden_dim: not read from this file, wanted a config.json "
                    + "beside it"))
    }
}
