import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// Folders in which a quantiser has left a file of its own.
@Suite("Folders of quantised models")
struct FormatFolderTests {
    /// The format of a folder with int8 weights and some files; the folder is removed again.
    func format(
        _ files: [String: String], quantization: String = "null"
    ) throws -> (name: String, report: LoadReport) {
        let folder = NSTemporaryDirectory() + "moe-formats-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let expert = OneExpert(quantization: quantization)
        for (name, text) in files.merging(["config.json": expert.config], uniquingKeysWith: { $1 })
        {
            try text.write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
        }
        let tensors = try expert.tensors(ModelSlimTests.stored).sorted { $0.key < $1.key }
        try SafetensorsWriter.write(
            tensors.map { ($0.key, $0.value) },
            to: "\(folder)/quant_model_weight_w8a8_dynamic.safetensors")
        let checkpoint = try Checkpoint(directory: folder)
        return (checkpoint.weightFormat.name, try checkpoint.load(0, experts: .int8).report)
    }

    static let weight = OneExpert.down + ".weight"

    @Test(
        "msmodelslim's description is found under either name, and counts before config.json",
        arguments: ["quant_model_description.json", "quant_model_description_w8a8_dynamic.json"])
    func description(name: String) throws {
        let (format, report) = try format(
            [name: #"{"\#(Self.weight)": "W8A8_DYNAMIC", "version": "1"}"#],
            quantization: #"{"quant_method": "awq"}"#)
        #expect(format == "msmodelslim" && report == LoadReport())
        #expect(
            message { _ = try self.format([name: #"{"\#(Self.weight)": "W4A8_DYNAMIC"}"#]) }
                .contains("\(name): \(Self.weight): \"W4A8_DYNAMIC\", wanted"))
    }

    @Test("two descriptions are refused, unless one has the plain name")
    func twoDescriptions() throws {
        let files = [
            "quant_model_description_a.json": "{}", "quant_model_description_b.json": "{}",
        ]
        #expect(message { _ = try format(files) }.hasSuffix("wanted one of them"))
        let all = files.merging(["quant_model_description.json": "{}"]) { $1 }
        #expect(try format(all).name == "msmodelslim")
    }

    @Test("ModelOpt's own file counts where config.json says nothing")
    func modelOpt() throws {
        func file(_ algorithm: String) -> [String: String] {
            [
                "hf_quant_config.json":
                    #"{"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "\#(algorithm)"}}"#
            ]
        }
        #expect(try format(file("FP8")).name == "modelopt")
        #expect(
            message { _ = try format(file("NVFP4")) }.contains("\"NVFP4\" is not supported"))
        #expect(
            try format(file("NVFP4"), quantization: #"{"quant_method": "w8a8_int8"}"#).name
                == "w8a8_int8")
    }

    @Test("without any word of a format, the tensors say it all")
    func silent() throws {
        #expect(try format([:]) == ("float", LoadReport()))
    }
}
