import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

@Suite("moe-cli inspect")
struct InspectCommandTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func block(_ name: String) throws -> GoldenBlock {
        try #require(GoldenBlock.all.first { $0.name == name })
    }

    @Test("prints a fact a line")
    func text() throws {
        let outcome = try Tool.run("inspect", block("qwen2_moe").directory)

        #expect(outcome.status == 0 && outcome.error.isEmpty)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.contains("model       qwen2_moe"))
        #expect(lines.contains { $0.hasPrefix("experts     ") })
        #expect(lines.contains { $0.hasPrefix("shared      ") && $0.hasSuffix("sigmoid gate") })
        #expect(lines.contains("weights     BF16, quantised as it is read"))
        #expect(lines.last?.hasSuffix("in all MoE layers") == true)
    }

    @Test("prints JSON that says whether a forward can be run")
    func json() throws {
        let outcome = try Tool.run("inspect", block("qwen3_moe").directory, "--json")

        #expect(outcome.status == 0)
        let object = try JSONValue(parsing: outcome.output)
        #expect(object["model_type"] == "qwen3_moe" && object["loadable"] == .bool(true))
        #expect(object["refused_layers"] == .array([]))
        let layers = try #require(object["layers"]?.arrayValue?.first)
        #expect(layers["formats"] == .array(["BF16"]) && layers["shared_width"]?.intValue == 0)
        #expect(
            object["int8_bytes"]?.intValue == (layers["int8_bytes"]?.intValue ?? 0)
                * (layers["layers"]?.arrayValue?.count ?? 0))
    }

    @Test("tells of a layer whose shard is missing, and of the others")
    func missingShard() throws {
        let folder = scratch.file("model")
        try FileManager.default.copyItem(atPath: block("qwen3_moe").directory, toPath: folder)
        try FileManager.default.removeItem(
            atPath: folder + "/model-00002-of-00003.safetensors")
        let outcome = try Tool.run("inspect", folder)

        #expect(outcome.status == 0)
        let refused = outcome.output.split(separator: "\n").filter { $0.hasPrefix("refused ") }
        #expect(!refused.isEmpty)
        #expect(refused.allSatisfy { $0.contains("model-00002-of-00003.safetensors: cannot be") })
        let json = try JSONValue(parsing: Tool.run("inspect", folder, "--json").output)
        #expect(json["loadable"] == .bool(false))
    }

    @Test("answers for a model that is refused, and fails for a folder that is none")
    func exitStatus() throws {
        let folder = scratch.file("refused")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try Data(#"{"model_type": "doge"}"#.utf8)
            .write(to: URL(fileURLWithPath: folder + "/config.json"))
        try SafetensorsWriter.write(
            [("a", Tensor([1 as Float], shape: [1]))], to: folder + "/model.safetensors")
        let refused = try Tool.run("inspect", folder)
        #expect(refused.status == 0 && refused.error.isEmpty)
        #expect(refused.output.contains("refused     \(folder)/config.json: model_type \"doge\""))

        let none = try Tool.run("inspect", scratch.file("none"))
        #expect(none.status == 1 && none.output.isEmpty)
        #expect(none.error.hasPrefix("Error: \(scratch.file("none")): cannot be opened"))
    }
}
