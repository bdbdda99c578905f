import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// What is not as it was packed is refused, and the message says what it is.
@Suite("A packed file is refused")
struct PackedRefusalTests {
    private let file: PackedFile

    init() throws {
        file = try PackedFile(try PackedFile.wideCheckpoint())
    }

    private func refusal() -> String { message { _ = try file.open() } }

    @Test("that was packed for another instruction set")
    func layout() throws {
        let kernels = GemmKernel.available
        for kernel in kernels {
            let file = try PackedFile(try PackedFile.wideCheckpoint(), for: kernel)
            let own = try PanelFormat(kernel)
            for other in kernels {
                let format = try PanelFormat(other)
                let text = message { _ = try file.open(as: other) }
                #expect(
                    text
                        == (format.fingerprint == own.fingerprint
                            ? "no error"
                            : "\(file.path): packed for \(own), wanted \(format), which this process "
                                + "uses: pack the model again"))
            }
        }
    }

    @Test("that is of another version")
    func version() throws {
        var bytes = try file.bytes
        bytes[PackedFile.versionPlace] = 2
        file.signPreamble(of: &bytes)
        try file.write(bytes)
        #expect(
            refusal()
                == "\(file.path): packed file of version 2, wanted 1: pack the model again")
    }

    @Test("that is cut off, anywhere", arguments: [0, 1, 63, 64, 4096, -1])
    func truncated(_ length: Int) throws {
        let bytes = try file.bytes
        let count = length < 0 ? bytes.count + length : length
        try file.write(Array(bytes[..<count]))
        #expect(
            refusal()
                == (count < 64
                    ? "\(file.path): \(count) bytes, too short for a packed file"
                    : "\(file.path): \(count) bytes, wanted all \(bytes.count)"))
        try file.write(bytes + [0])
        #expect(refusal() == "\(file.path): \(bytes.count + 1) bytes, wanted all \(bytes.count)")
    }

    @Test("that is none")
    func foreign() throws {
        try file.write(safetensors("{}", data: Array(repeating: 0, count: 100)))
        #expect(refusal() == "\(file.path): not a packed file of this library")
        #expect(
            message { _ = try PackedModel(opening: file.folder.path) }
                == "\(file.folder.path): not a regular file")
        #expect(message { _ = try PackedModel(opening: "/none") }.contains("cannot be opened"))
    }

    @Test("whose preamble or directory has a wrong byte")
    func heads() throws {
        let bytes = try file.bytes
        for place in 12..<64 {
            var changed = bytes
            changed[place] ^= 4
            try file.write(changed)
            let text = refusal()
            #expect(
                text.contains("its first 64 bytes do not have their hash")
                    || text.contains("packed file of version"), "byte \(place): \(text)")
        }
        var changed = bytes
        changed[bytes.count - 3] ^= 1
        try file.write(changed)
        #expect(
            refusal()
                == "\(file.path): damaged packed file: its directory does not have its hash")
    }

    @Test("whose weights have a wrong byte, as soon as they are verified")
    func sections() throws {
        let bytes = try file.bytes, json = try JSONValue(parsing: file.directory)
        let layer = try #require(json["layers"]?.arrayValue?.first)
        let places: [(JSONValue?, String)] = [
            (layer["experts"]?["panels"], "the experts' panels"),
            (layer["experts"]?["factors"], "the experts' factors"),
            (layer["shared"]?["panels"], "the shared expert's panels"),
            (layer["shared"]?["factors"], "the shared expert's factors"),
            (layer["shared"]?["gate"], "the shared expert's gate"),
            (layer["router"]?["weight"], "the router's weights"),
        ]
        for (section, name) in places {
            let offset = try #require(section?["offset"]?.intValue)
            let count = try #require(section?["bytes"]?.intValue)
            for place in [offset, offset + count - 1] {
                var changed = bytes
                changed[place] ^= 0x80
                try file.write(changed)
                let model = try file.open()
                #expect(
                    message { try model.verify(threads: 2) }
                        == "\(file.path): damaged packed file: layer 0: \(name) do not have their "
                        + "hash")
            }
        }
        // A router that is wrong would send tokens anywhere: a block looks at its hash always.
        let model = try file.open()
        #expect(message { _ = try model.block(0) }.contains("its router or gate does not have"))
    }

    @Test("for a layer that it does not have, and for a length that it has no more")
    func layers() throws {
        let model = try file.open()
        #expect(
            message { _ = try model.block(1) }
                == "\(file.path): there is no MoE layer 1, wanted one of 0")
        try #require(truncate(file.path, 4096) == 0)
        #expect(message { _ = try model.block(0) }.contains("has lost its "))
    }
}
