import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

@Suite("Quantising refuses")
struct QuantizeErrorTests {
    /// The message of a run that must fail, and leave nothing behind.
    func failure(_ folder: QuantizedFolder, _ format: QuantizedFormat = .compressedTensors)
        -> String
    {
        let text = message { try folder.quantize(format) }
        #expect(folder.contents(of: folder.destination) == nil)
        #expect(folder.contents(of: folder.partial) == nil)
        return text
    }

    func folder(
        _ config: String = TinyConfiguration.qwen3MoE.onlyLayer1, _ parts: [String: Tensor]...
    ) throws -> QuantizedFolder {
        try QuantizedFolder(
            config, merged([TinyModel().router(), TinyModel().perExpert()] + parts))
    }

    @Test("weights that are not finite, by tensor and row")
    func notFinite() throws {
        var model = TinyModel()
        model.type = .f32
        let name = model.layer + "mlp.experts.3.up_proj.weight"
        for value in [Float.nan, .infinity, -.infinity] {
            var floats = model.up(3)
            floats[5] = value
            let text = failure(try folder(parts: [name: Tensor(floats, shape: [3, 4])]))
            #expect(text.hasSuffix("\(name): row 1 holds NaN or infinity, wanted finite weights"))
        }
    }

    func folder(parts: [String: Tensor]) throws -> QuantizedFolder {
        try folder(TinyConfiguration.qwen3MoE.onlyLayer1, parts)
    }

    @Test("a destination that holds something, is the source, or lies in it")
    func destination() throws {
        let folder = try folder()
        let quantizer = try folder.quantizer()
        func text(_ path: String) -> String { message { _ = try quantizer.write(to: path) } }
        #expect(text(folder.source).hasSuffix("or lies in it, wanted another folder"))
        #expect(text(folder.source + "/").hasSuffix("or lies in it, wanted another folder"))
        #expect(text(folder.source + "/out").hasSuffix("or lies in it, wanted another folder"))
        #expect(text(folder.source + "/../model").hasSuffix("or lies in it, wanted another folder"))
        #expect(text(folder.source + "/..").contains("is there and holds"))
        #expect(text(folder.source + "/config.json").hasPrefix(folder.source))
        #expect(text("/nowhere/out").hasPrefix("/nowhere/out: its folder cannot be opened"))
        #expect(text("").contains("is no path of a folder"))
        let manager = FileManager.default
        #expect(manager.fileExists(atPath: folder.source + "/config.json"))
        #expect(folder.contents(of: folder.source) == ["config.json", "model.safetensors"])

        // A link to the source is the source.
        try manager.createSymbolicLink(
            atPath: folder.destination, withDestinationPath: folder.source)
        #expect(text(folder.destination).hasSuffix("or lies in it, wanted another folder"))
        try manager.removeItem(atPath: folder.destination)
        try manager.createDirectory(
            atPath: folder.destination, withIntermediateDirectories: false)
        _ = try quantizer.write(to: folder.destination + "/")
        #expect(text(folder.destination).contains("is there and holds config.json"))
    }

    @Test("a source that ends early or changes after its headers were read")
    func changedSource() throws {
        let folder = try folder()
        let file = folder.source + "/model.safetensors"
        let whole = try Data(contentsOf: URL(fileURLWithPath: file))

        let quantizer = try folder.quantizer()
        let handle = try #require(FileHandle(forWritingAtPath: file))
        try handle.truncate(atOffset: UInt64(whole.count - 7))
        let short = message { _ = try quantizer.write(to: folder.destination) }
        #expect(short.hasPrefix("\(file): ends at byte \(whole.count - 7), wanted"))
        #expect(folder.contents(of: folder.partial) == nil)

        try whole.write(to: URL(fileURLWithPath: file))
        let other = try folder.quantizer()
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: file)
        let changed = message { _ = try other.write(to: folder.destination) }
        #expect(changed.hasPrefix("\(folder.source): has changed while it was read"))
        #expect(folder.contents(of: folder.destination) == nil)

        let vanished = try folder.quantizer()
        try FileManager.default.removeItem(atPath: file)
        #expect(
            message { _ = try vanished.write(to: folder.destination) }
                .contains("model.safetensors: cannot be opened"))
    }

    @Test("what is no model with experts in safetensors")
    func otherModels() throws {
        let dense = replacing(
            "\"mlp_only_layers\": []", with: "\"mlp_only_layers\": [0, 1, 2]",
            in: TinyConfiguration.qwen3MoE)
        let embedding = ["model.embed_tokens.weight": try Tensor([Float(1)], shape: [1])]
        #expect(
            failure(try QuantizedFolder(dense, embedding)).contains("the model has no MoE layer"))
        #expect(
            message { _ = try CheckpointQuantizer(of: "x.gguf", as: .modelSlim) }
                == "x.gguf: a GGUF file, wanted a folder of safetensors")
        // A layer that the configuration has and the files lack is no reason to leave it out.
        #expect(
            failure(try folder(TinyConfiguration.qwen3MoE)).contains("layer 0 is MoE by"))
    }

    @Test("tensors that the new checkpoint cannot hold")
    func otherTensors() throws {
        let codes = try Tensor(
            type: .f8e4m3, shape: [2, 4], bytes: [UInt8](repeating: 1, count: 8))
        #expect(
            failure(try folder(parts: ["lm_head.weight": codes]))
                .contains("lm_head.weight: type F8_E4M3 without scales"))
        #expect(
            failure(try folder(parts: ["lm_head.table": codes]))
                .contains("lm_head.table: F8_E4M3 [2, 4] outside the experts"))
        let scale = try Tensor([Float(1)], shape: [1])
        let taken = "model.layers.1.mlp.experts.0.up_proj.weight_scale"
        #expect(failure(try folder(parts: [taken: scale])).contains(taken))
    }
}
