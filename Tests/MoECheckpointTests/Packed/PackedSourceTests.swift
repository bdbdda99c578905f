import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// A packed file knows the files that it was made from.
@Suite("A packed file's source")
struct PackedSourceTests {
    private let folder: TemporaryFolder
    private var model: String { folder.path(of: "model") }
    private var packed: String { folder.path(of: "packed") }

    init() throws {
        folder = try TemporaryFolder()
        let block = try #require(GoldenBlock.all.first { $0.name == "qwen3_moe" })
        try FileManager.default.copyItem(
            atPath: block.directory, toPath: folder.path(of: "model"))
    }

    private func pack() throws {
        _ = try CheckpointPacker(of: model).write(to: packed, threads: 2)
    }

    private func verify(_ model: String) -> String {
        message { try PackedModel(opening: packed).verify(isMadeFrom: model) }
    }

    @Test("is the same after a copy and after a touch")
    func same() throws {
        try pack()
        #expect(verify(model) == "no error")
        let copy = folder.path(of: "copy")
        try FileManager.default.copyItem(atPath: model, toPath: copy)
        #expect(verify(copy) == "no error")
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1)],
            ofItemAtPath: model + "/config.json")
        #expect(verify(model) == "no error")
    }

    @Test("that has changed in a byte, grown, lost or got a file is refused by that file")
    func changed() throws {
        try pack()
        let name = "model-00002-of-00003.safetensors", shard = model + "/" + name
        let bytes = try folder.bytes(of: "model/" + name)
        let prefix = "\(packed): not packed from \(model) as it is: "

        var changed = bytes
        changed[changed.count - 1] ^= 1
        try folder.write(changed, to: "model/" + name)
        #expect(
            verify(model) == prefix + "\(name) has other contents: pack the model again")

        try folder.write(bytes, to: "model/" + name)
        #expect(verify(model) == "no error")
        let config = try folder.bytes(of: "model/config.json")
        try folder.write(config + [10], to: "model/config.json")
        #expect(
            verify(model)
                == prefix + "config.json has \(config.count + 1) bytes and had \(config.count)"
                + ": pack the model again")

        try folder.write(config, to: "model/config.json")
        try folder.write("{}", to: "model/hf_quant_config.json")
        #expect(verify(model).contains("hf_quant_config.json is there and was not"))
        try FileManager.default.removeItem(atPath: model + "/hf_quant_config.json")
        try FileManager.default.removeItem(atPath: shard)
        #expect(verify(model).contains(name))
    }

    @Test("is not overwritten, and a run that fails leaves what was there")
    func destination() throws {
        let packer = try CheckpointPacker(of: model)
        for name in ["config.json", "model-00002-of-00003.safetensors"] {
            #expect(
                message { _ = try packer.write(to: model + "/" + name) }
                    == "\(model)/\(name): is a file of the model itself, wanted another one")
        }
        try folder.write("what was there", to: "packed")
        let shard = "model/model-00003-of-00003.safetensors"
        let bytes = try folder.bytes(of: shard)
        try folder.write(Array(bytes[..<(bytes.count - 100)]), to: shard)
        #expect(message { _ = try packer.write(to: packed) } != "no error")
        #expect(try folder.contents == ["model", "packed"])
        #expect(try folder.bytes(of: "packed") == Array("what was there".utf8))
        #expect(
            message { _ = try packer.write(to: folder.path + "/none/packed") }
                .contains("its folder cannot be opened"))
    }

    @Test("without files is said to be unknown")
    func unknown() throws {
        let file = try PackedFile(try PackedFile.wideCheckpoint())
        let open = try file.open()
        #expect(
            message { try open.verify(isMadeFrom: model) }
                == "\(file.path): does not say what it was packed from, wanted \(model)")
    }
}
