import Foundation
import MoE
import MoECheckpoint
import Testing

@Suite("A hostile safetensors file is refused with its fault")
struct SafetensorsAttackTests {
    @Test(
        "refused when opened, by name and with its reason",
        arguments: SafetensorsAttacks.all)
    func attack(_ attack: Attack) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(attack.bytes, to: "x.safetensors")

        let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(opening: path) }

        #expect(error?.code == .format)
        #expect(error?.message.hasPrefix(path) == true)
        #expect(error?.message.contains(attack.complaint) == true, "\(error?.message ?? "")")
        #expect((error?.message.utf8.count ?? 0) < 600)
    }

    @Test("36: 200 000 names on one range are refused in linear time")
    func manyNames() throws {
        let entries = (0..<200_000).map { entry("\($0)", "I8", "[4]", 0, 4) }.joined(separator: ",")
        let error = #expect(throws: CheckpointError.self) {
            try SafetensorsHeader(parsing: Array("{\(entries)}".utf8), dataByteCount: 4, file: "f")
        }
        #expect(error?.message.contains("overlaps") == true)
    }

    @Test(
        "41: what is no regular file is refused and does not block",
        arguments: ["folder", "fifo", "device"])
    func notRegular(kind: String) throws {
        let folder = try TemporaryFolder()
        var path = folder.path(of: "x.safetensors")
        switch kind {
        case "folder": path = folder.path
        case "fifo": #expect(mkfifo(path, 0o600) == 0)
        default: path = "/dev/zero"
        }
        let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(opening: path) }
        #expect(error?.message == "\(path): not a regular file")
    }

    @Test("a path that leads nowhere is a file error", arguments: ["missing", "", "a\0b"])
    func missing(name: String) throws {
        let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(opening: name) }
        #expect(error?.code == .file)
    }

    @Test("49, 50: a file that shrinks after it was opened gives an error when read")
    func shrinks() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(SafetensorsAttacks.good, to: "x.safetensors")
        let file = try SafetensorsFile(opening: path)
        #expect(truncate(path, off_t(SafetensorsAttacks.good.count - 1)) == 0)
        let error = #expect(throws: CheckpointError.self) { try file.tensor("a") }
        #expect(error?.code == .file)
        #expect(error?.message.contains("tensor a") == true)
    }

    @Test("50: a file that is replaced after it was opened is read as it was")
    func replaced() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(SafetensorsAttacks.good, to: "x.safetensors")
        let file = try SafetensorsFile(opening: path)
        try FileManager.default.removeItem(atPath: path)
        try folder.write("else", to: "x.safetensors")
        #expect(try file.tensor("a").bytes == [1, 2, 3, 4])
    }
}
