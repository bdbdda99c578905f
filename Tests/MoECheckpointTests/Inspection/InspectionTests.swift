import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// What is said of a checkpoint whose weights nobody reads.
@Suite("Inspection")
struct InspectionTests {
    @Test("of every golden block, says what loading does", arguments: GoldenBlock.all)
    func golden(block: GoldenBlock) throws {
        expectAgreement(
            try CheckpointInspection(directory: block.directory, part: block.part),
            with: try Checkpoint(directory: block.directory, part: block.part))
    }

    @Test("of a GGUF file, says what loading does")
    func gguf() throws {
        let path = try #require(GoldenBlock.all.first).directory + "/../../Formats/qwen2moe.gguf"
        let inspection = try CheckpointInspection(directory: path)
        expectAgreement(inspection, with: try Checkpoint(directory: path))
        #expect(inspection.format == "gguf" && inspection.modelType == "qwen2_moe")
        let summary = try #require(inspection.groups.first?.summary)
        #expect(summary.formats == ["Q8_0", "F16"] && summary.isRequantized)
    }

    @Test("gives the layer's sizes, its router and its bytes as int8")
    func summary() throws {
        let block = try #require(GoldenBlock.all.first { $0.name == "deepseek_v3" })
        let inspection = try CheckpointInspection(directory: block.directory)
        let group = try #require(inspection.groups.first)
        let summary = try #require(group.summary)

        #expect(inspection.family == "deepseek_v3" && inspection.takenFor == nil)
        #expect(inspection.layerCount == 2 && group.layers == [1])
        #expect(summary.hiddenSize == 32 && summary.expertWidth == 12 && summary.expertCount == 16)
        #expect(summary.sharedWidth == 12 && !summary.hasSharedGate)
        #expect(summary.formats == ["BF16"] && !summary.isRequantized)
        #expect(
            summary.routerInWords == "top 4, sigmoid, correction bias, "
                + "2 of 4 groups by their two best, renormalised, times 2.5")
        #expect(summary.activationInWords == "SwiGLU")
        // Gate, up and down of 16 experts and a shared one; a scale for every row.
        #expect(summary.weightCount == 17 * 3 * 12 * 32)
        #expect(summary.channelCount == 17 * (2 * 12 + 32))
        #expect(summary.int8ByteCount == 17 * (3 * 12 * 32 + 4 * (2 * 12 + 32)))
        #expect(inspection.int8ByteCount == summary.int8ByteCount)
    }

    @Test("layers that are alike are one group, and one that is not has its own")
    func groups() throws {
        var model = TinyModel()
        var tensors: [String: Tensor] = [:]
        for layer in 0..<6 {
            model.layer = "model.layers.\(layer)."
            tensors = merged([tensors, try model.router(), try model.perExpert()])
        }
        let config = replacing(
            "\"num_hidden_layers\": 3", with: "\"num_hidden_layers\": 6",
            in: TinyConfiguration.qwen3MoE)
        let name = "model.layers.3.mlp.experts.1.up_proj.weight"
        let weight = try #require(tensors[name])
        tensors[name] = try Tensor(
            type: .f16, shape: weight.shape, bytes: Array(weight.bytes.prefix(weight.count * 2)))
        tensors["model.layers.5.mlp.experts.1.up_proj.weight"] = nil

        let inspection = CheckpointInspection(try checkpoint(config, tensors), path: "model")

        #expect(inspection.groups.map(\.layers) == [[0, 1, 2, 4], [3], [5]])
        #expect(inspection.groups.map(\.summary?.formats) == [["BF16"], ["BF16", "F16"], nil])
        #expect(inspection.loadableLayers == [0, 1, 2, 3, 4] && inspection.refusedLayers == [5])
        #expect(
            inspection.groups.last?.refusal?.message
                == "layer 5 has no tensor mlp.experts.1.up_proj.weight, wanted 4 experts by the "
                + "configuration")
    }

    @Test("layers that are refused for the same tensors are one group with one reason")
    func refusedAlike() throws {
        var model = TinyModel()
        var tensors: [String: Tensor] = [:]
        for layer in 0..<3 {
            model.layer = "model.layers.\(layer)."
            tensors = merged([tensors, try model.router(), try model.perExpert()])
            tensors["model.layers.\(layer).mlp.surplus"] = try Tensor([1 as Float], shape: [1])
        }
        let inspection = CheckpointInspection(
            try checkpoint(TinyConfiguration.qwen3MoE, tensors), path: "model")

        #expect(inspection.groups.map(\.layers) == [[0, 1, 2]])
        #expect(
            inspection.groups.first?.refusal?.message.hasPrefix(
                "model.layers.0.mlp.surplus: unexpected tensor") == true)
    }

    @Test("a model that is refused as a whole is an answer, a broken file is an error")
    func wholeModels() throws {
        let folder = try TemporaryFolder()
        try folder.write(#"{"model_type": "zaya"}"#, to: "config.json")
        try folder.write(
            safetensors("{\(entry("a", "U8", "[1]", 0, 1))}", data: [1]), to: "model.safetensors")
        let refused = try CheckpointInspection(directory: folder.path)
        #expect(refused.modelType == "zaya" && refused.groups.isEmpty)
        #expect(refused.refusal?.code == .unsupported)
        #expect(refused.refusal?.message.contains("model_type \"zaya\" is not supported") == true)

        try folder.write(#"{"model_type": "zaya""#, to: "config.json")
        #expect(
            message { _ = try CheckpointInspection(directory: folder.path) }
                .hasPrefix("\(folder.path)/config.json: byte 21: "))
        #expect(
            message { _ = try CheckpointInspection(directory: folder.path + "/none") }
                .contains("cannot be opened"))
    }

    @Test("two spellings of one name are refused, though their bytes differ")
    func spellings() throws {
        let folder = try TemporaryFolder()
        try folder.write(TinyConfiguration.qwen3MoE, to: "config.json")
        let names = ["model.layers.1.\u{E9}", "model.layers.1.e\u{301}"]
        let entries = [entry(names[0], "U8", "[1]", 0, 1), entry(names[1], "U8", "[1]", 1, 2)]
        try folder.write(
            safetensors("{\(entries.joined(separator: ","))}", data: [1, 2]),
            to: "model.safetensors")
        let inspection = try CheckpointInspection(directory: folder.path)
        #expect(inspection.refusal?.code == .tensor, "\(inspection)")
    }

    @Test("an unknown model_type says which family it was taken for")
    func unknown() throws {
        let model = TinyModel()
        let config = replacing(
            "\"qwen3_moe\"", with: "\"new_moe\"", in: TinyConfiguration.qwen3MoE)
        let inspection = CheckpointInspection(
            try checkpoint(config, try model.router(), try model.perExpert()), path: "model")
        #expect(inspection.modelType == "new_moe" && inspection.takenFor == "qwen3_moe")
    }
}
