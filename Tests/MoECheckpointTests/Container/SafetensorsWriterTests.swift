import Foundation
import MoE
import MoECheckpoint
import Testing

@Suite("A safetensors file is written whole or not at all")
struct SafetensorsWriterTests {
    private let tensors: [(name: String, tensor: Tensor)]

    init() throws {
        tensors = [
            ("bytes", try Tensor([-1, 0, 1] as [Int8], shape: [3])),
            ("b", try Tensor([1.5, -2] as [Float], shape: [2, 1])),
            ("a", try Tensor([3] as [Float], shape: [])),
            ("empty", try Tensor([] as [Int64], shape: [0, 7])),
            ("é\"\\/", try Tensor(type: .f4, shape: [2, 2], bytes: [0x12, 0x34])),
            ("half", try Tensor([Half(bitPattern: 0x3C00)], shape: [1])),
        ]
    }

    @Test("what is written reads back, bytes and metadata equal")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "out.safetensors")
        try SafetensorsWriter.write(tensors, metadata: ["format": "pt", "a": "\n\u{0}é"], to: path)

        let file = try SafetensorsFile(opening: path)
        #expect(Set(file.names) == Set(tensors.map(\.name)))
        for (name, tensor) in tensors { #expect(try file.tensor(name) == tensor) }
        #expect(file.metadata == ["format": "pt", "a": "\n\u{0}é"])
        #expect(try folder.contents == ["out.safetensors"])
    }

    @Test("larger elements come first, then names; the data begin at a multiple of 8")
    func layout() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "out.safetensors")
        try SafetensorsWriter.write(tensors, to: path)

        #expect(
            try SafetensorsFile(opening: path).names == [
                "empty", "a", "b", "half", "bytes", "é\"\\/",
            ])
        let bytes = try folder.bytes(of: "out.safetensors")
        #expect(bytes[0] % 8 == 0)
        #expect(
            bytes.suffix(19) == [
                0, 0, 0x40, 0x40, 0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0, 0, 0x3C, 0xFF, 0, 1, 0x12, 0x34,
            ])
    }

    @Test("the same tensors in another order give the same bytes")
    func reproducible() throws {
        let folder = try TemporaryFolder()
        try SafetensorsWriter.write(
            tensors, metadata: ["x": "1", "y": "2"], to: folder.path(of: "1"))
        try SafetensorsWriter.write(
            tensors.reversed(), metadata: ["y": "2", "x": "1"], to: folder.path(of: "2"))
        #expect(try folder.bytes(of: "1") == folder.bytes(of: "2"))
    }

    @Test("a file without tensors is the shortest")
    func noTensors() throws {
        let folder = try TemporaryFolder()
        try SafetensorsWriter.write([], to: folder.path(of: "out"))
        #expect(try folder.bytes(of: "out") == littleEndian(8) + Array("{}      ".utf8))
    }

    @Test("bytes may come in pieces, and the file appears with the commit")
    func pieces() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "out.safetensors")
        var writer = try SafetensorsWriter(
            path: path,
            tensors: [
                .init("a", .i8, shape: [3]), .init("z", .f32, shape: [0]),
                .init("b", .i8, shape: [1]),
            ])
        #expect(writer.order == ["z", "a", "b"])
        try writer.write([1, 2], to: "a")
        try writer.write([], to: "z")
        try writer.write([3], to: "a")
        try writer.write([4], to: "b")
        #expect(!FileManager.default.fileExists(atPath: path))
        try writer.commit()
        #expect(try SafetensorsFile(opening: path).tensor("a").bytes == [1, 2, 3])
    }

    @Test(
        "a writer that is misused, or dropped, leaves what was there and nothing else",
        arguments: ["too many", "wrong turn", "unknown", "missing", "dropped"])
    func misuse(how: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("before", to: "out")
        func use() throws {
            var writer = try SafetensorsWriter(
                path: path, tensors: [.init("a", .i8, shape: [2]), .init("b", .i8, shape: [1])])
            try writer.write([1], to: "a")
            switch how {
            case "too many": try writer.write([1, 2], to: "a")
            case "wrong turn": try writer.write([1], to: "b")
            case "unknown": try writer.write([1], to: "c")
            case "missing": try writer.commit()
            default: throw CheckpointError(.tensor, "the caller gives up")
            }
        }
        let error = #expect(throws: CheckpointError.self) { try use() }
        #expect(error?.code == .tensor)
        #expect(try folder.contents == ["out"])
        #expect(try folder.bytes(of: "out") == Array("before".utf8))
    }

    @Test(
        "what no valid file can hold is refused before anything is written",
        arguments: [
            [.init("a", .i8, shape: [1]), .init("a", .i8, shape: [1])],
            [.init("", .i8, shape: [1])], [.init("a\n", .i8, shape: [1])],
            [.init("__metadata__", .i8, shape: [1])], [.init("a", .f4, shape: [3])],
            [.init("a", .f6e2m3, shape: [2])], [.init("a", .i8, shape: [-1])],
            [.init("a", .i8, shape: [.max, .max])], [.init("a", .i8, shape: [.max, .max, 0])],
            [.init("a", .i8, shape: [0, .max, .max])], [.init("a", .f64, shape: [1 << 60])],
            [.init("a", .i8, shape: [1 << 59]), .init("b", .i8, shape: [1 << 59])]
                + (0..<15).map { .init("c\($0)", .i8, shape: [1 << 59]) },
        ] as [[SafetensorsWriter.Declaration]])
    func undeclarable(tensors: [SafetensorsWriter.Declaration]) throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: CheckpointError.self) {
            let writer = try SafetensorsWriter(path: folder.path(of: "out"), tensors: tensors)
            _ = consume writer
        }
        #expect(error?.code == .format)
        #expect(try folder.contents.isEmpty)
    }

    @Test("a header beyond 100 MB is refused")
    func longHeader() throws {
        let folder = try TemporaryFolder()
        let text = String(repeating: "x", count: 100_000_000)
        #expect(throws: CheckpointError.self) {
            try SafetensorsWriter.write([], metadata: ["a": text], to: folder.path(of: "out"))
        }
        #expect(try folder.contents.isEmpty)
    }

    @Test(
        "a path that cannot be a file is refused",
        arguments: ["", "sub", "none/out", "out/", "fifo", "a\0b"])
    func badPath(name: String) throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path(of: "sub"), withIntermediateDirectories: false)
        #expect(mkfifo(folder.path(of: "fifo"), 0o600) == 0)
        let error = #expect(throws: CheckpointError.self) {
            try SafetensorsWriter.write(tensors, to: name.isEmpty ? "" : folder.path(of: name))
        }
        #expect(error?.code == .file)
        #expect(try folder.contents == ["fifo", "sub"])
    }

    @Test("a symbolic link is replaced; what it leads to is unchanged")
    func link() throws {
        let folder = try TemporaryFolder()
        try folder.write("blob", to: "blob")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path(of: "out"), withDestinationPath: "blob")
        try SafetensorsWriter.write(tensors, to: folder.path(of: "out"))
        #expect(try folder.bytes(of: "blob") == Array("blob".utf8))
        #expect(try SafetensorsFile(opening: folder.path(of: "out")).names.count == tensors.count)
    }
}
