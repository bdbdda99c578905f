import Foundation
import MoE
import MoECheckpoint
import Testing

@Suite("A model's folder gives its tensors")
struct SafetensorsDirectoryTests {
    private let folder: TemporaryFolder
    private let index = "model.safetensors.index.json"

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A file of one I8 tensor of two elements a name.
    private func shard(_ name: String, _ tensors: [String: Int8]) throws {
        try SafetensorsWriter.write(
            tensors.map { ($0.key, try Tensor([$0.value, $0.value], shape: [2])) },
            to: folder.path(of: name))
    }

    private func writeIndex(_ map: [(String, String)], to name: String? = nil) throws {
        let map = map.map { #""\#($0)":"\#($1)""# }.joined(separator: ",")
        try folder.write(
            #"{"metadata":{"total_size":1.5},"weight_map":{\#(map)}}"#, to: name ?? index)
    }

    private func value(_ name: String, in source: some TensorSource) throws -> [Int8]? {
        try source.tensor(name).elements()
    }

    @Test("shards are read as the index says; what it does not name does not exist")
    func sharded() throws {
        try shard("model-1.safetensors", ["a": 1, "both": 2, "unnamed": 3])
        try shard("model-2.safetensors", ["b": 4, "both": 5])
        try writeIndex([
            ("a", "model-1.safetensors"), ("both", "model-2.safetensors"),
            ("b", "model-2.safetensors"),
        ])

        let source = try SafetensorsDirectory(opening: folder.path)

        try source.verify()
        #expect(source.names == ["a", "both", "b"])
        #expect(source.files == ["model-1.safetensors", "model-2.safetensors"])
        #expect(try value("a", in: source) == [1, 1])
        #expect(try value("both", in: source) == [5, 5])
        #expect(source.entry("b")?.file == folder.path(of: "model-2.safetensors"))
        #expect(source.entry("unnamed") == nil)
        let error = #expect(throws: CheckpointError.self) { try source.tensor("unnamed") }
        #expect(error?.code == .tensor)
        #expect(error?.message.contains(index) == true)
    }

    @Test("a single file wins over an index")
    func singleFile() throws {
        try shard("model.safetensors", ["a": 1])
        try shard("model-1.safetensors", ["a": 2])
        try writeIndex([("a", "model-1.safetensors")])
        let source = try SafetensorsDirectory(opening: folder.path + "/")
        #expect(try value("a", in: source) == [1, 1])
        #expect(source.files == ["model.safetensors"])
        #expect(source.path == folder.path)
    }

    @Test("an index of another name is taken if it is the only one")
    func otherIndex() throws {
        let name = "quant_model_weight_w8a8_dynamic"
        try shard("\(name)-1.safetensors", ["a": 1])
        try writeIndex([("a", "\(name)-1.safetensors")], to: "\(name).safetensors.index.json")
        #expect(try value("a", in: SafetensorsDirectory(opening: folder.path)) == [1, 1])

        try writeIndex([], to: "another.safetensors.index.json")
        let error = #expect(throws: CheckpointError.self) {
            try SafetensorsDirectory(opening: folder.path)
        }
        #expect(error?.message.contains("another.safetensors.index.json") == true)
    }

    @Test("without an index all files are taken, unless two hold the same tensor")
    func noIndex() throws {
        try shard("consolidated.safetensors", ["a": 1])
        try shard("x.safetensors", ["b": 2])
        try folder.write("rubbish", to: "._x.safetensors")
        let source = try SafetensorsDirectory(opening: folder.path)
        #expect(Set(source.names) == ["a", "b"])
        #expect(try value("b", in: source) == [2, 2])

        try shard("y.safetensors", ["b": 3])
        let error = #expect(throws: CheckpointError.self) {
            try SafetensorsDirectory(opening: folder.path)
        }
        #expect(error?.message.contains("x.safetensors and in y.safetensors") == true)
    }

    @Test(
        "a folder without tensors, and no folder at all, are file errors",
        arguments: ["", "none", "a\0"])
    func nothing(name: String) throws {
        try folder.write("{}", to: "config.json")
        for path in [name, folder.path(of: name)] {
            let error = #expect(throws: CheckpointError.self) {
                try SafetensorsDirectory(opening: path)
            }
            #expect(error?.code == .file)
        }
    }

    @Test(
        "40: a shard's name that is not plain is refused",
        arguments: [
            "../x.safetensors", "/etc/x.safetensors", "a/b.safetensors", #"C:\\x.safetensors"#,
            "C:x.safetensors", #"a\\b.safetensors"#, "", "..", "~x.safetensors", "~/x.safetensors",
            #"x\u0000.safetensors"#, "x.safetensors\u{7F}", "x.bin", "/dev/stdin", "safetensors",
            "x..safetensors", "x.SAFETENSORS",
        ])
    func badFileName(name: String) throws {
        try writeIndex([("a", name)])
        let error = #expect(throws: CheckpointError.self) {
            try SafetensorsDirectory(opening: folder.path)
        }
        #expect(error?.code == .format)
        #expect(error?.message.contains("wanted the plain name") == true)
    }

    @Test(
        "40, 43: an index that is not well-formed is refused",
        arguments: [
            ("", "the end"), ("[]", "'{'"), ("{}", "no weight_map"),
            (#"{"weight_map":[]}"#, "object"),
            (#"{"weight_map":null}"#, "object"), (#"{"weight_map":{"a":1}}"#, "file name"),
            (#"{"weight_map":{"a":["x.safetensors"]}}"#, "file name"),
            (#"{"weight_map":{},"weight_map":{}}"#, "twice"),
            (#"{"weight_map":{"a":"x.safetensors","\u0061":"x.safetensors"}}"#, "twice"),
            (#"{"metadata":{"x":1,"x":1},"weight_map":{}}"#, "twice"),
            (#"{"weight_map":{"":"x.safetensors"}}"#, "empty"),
            (#"{"weight_map":{"a\n":"x.safetensors"}}"#, "control"),
            (#"{"weight_map":{}} x"#, "wanted the end"),
            (#"{"m":"# + String(repeating: "[", count: 100_000), "deeper than 64"),
        ])
    func badIndex(text: String, complaint: String) throws {
        try folder.write(text, to: index)
        let error = #expect(throws: CheckpointError.self) {
            try SafetensorsDirectory(opening: folder.path)
        }
        #expect(error?.code == .format)
        #expect(error?.message.contains(index) == true)
        #expect(error?.message.contains(complaint) == true, "\(error?.message ?? "")")
    }

    @Test("43: an index beyond 256 MB is refused unread")
    func hugeIndex() throws {
        let path = try folder.write("{}", to: index)
        #expect(truncate(path, 257 << 20) == 0)
        let error = #expect(throws: CheckpointError.self) {
            try SafetensorsDirectory(opening: folder.path)
        }
        #expect(error?.message.contains("at most 268435456") == true)
    }

    @Test(
        "41: an index, single file or shard that is no regular file is refused",
        arguments: ["index", "file", "shard"])
    func notRegular(kind: String) throws {
        let names = ["index": index, "file": "model.safetensors", "shard": "x.safetensors"]
        let name = try #require(names[kind])
        if kind == "shard" { try writeIndex([("a", name)]) }
        #expect(mkfifo(folder.path(of: name), 0o600) == 0)
        let error = #expect(throws: CheckpointError.self) {
            try SafetensorsDirectory(opening: folder.path).verify()
        }
        #expect(error?.code == .file)
        #expect(error?.message.contains("\(name): not a regular file") == true)
    }

    @Test("42: a link to a regular file elsewhere is followed, a dangling one is an error")
    func links() throws {
        let store = try TemporaryFolder()
        try SafetensorsWriter.write(
            [("a", try Tensor([1, 1] as [Int8], shape: [2]))], to: store.path(of: "blob"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path(of: "model.safetensors"),
            withDestinationPath: store.path(of: "blob"))
        #expect(try value("a", in: SafetensorsDirectory(opening: folder.path)) == [1, 1])

        try FileManager.default.removeItem(atPath: store.path(of: "blob"))
        let error = #expect(throws: CheckpointError.self) {
            try SafetensorsDirectory(opening: folder.path)
        }
        #expect(error?.code == .file)
    }

    @Test(
        "44: a shard that lacks its tensor, is missing or cut short is named with tensor and index",
        arguments: ["lacks", "missing", "truncated"])
    func brokenShard(kind: String) throws {
        try shard("good.safetensors", ["a": 1])
        try writeIndex([("a", "good.safetensors"), ("b", "bad.safetensors")])
        if kind != "missing" { try shard("bad.safetensors", [kind == "lacks" ? "c" : "b": 2]) }
        if kind == "truncated" {
            let count = try folder.bytes(of: "bad.safetensors").count
            #expect(truncate(folder.path(of: "bad.safetensors"), off_t(count - 1)) == 0)
        }

        let source = try SafetensorsDirectory(opening: folder.path)

        #expect(try value("a", in: source) == [1, 1])
        #expect(source.entry("b") == nil)
        let error = #expect(throws: CheckpointError.self) { try source.tensor("b") }
        for part in ["bad.safetensors", "\"b\"", index] {
            #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
        }
        #expect(throws: try #require(error)) { try source.verify() }
        #expect(throws: try #require(error)) { try source.locate("b") }
    }
}
