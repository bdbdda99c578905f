import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

@Suite("moe-cli quantize")
struct QuantizeCommandTests {
    let scratch: Scratch
    let model: String
    var output: String { scratch.file("out") }

    init() throws {
        scratch = try Scratch()
        model = try #require(GoldenBlock.all.first { $0.name == "qwen3_moe" }).directory
    }

    private func arguments(_ more: String...) -> [String] {
        ["quantize", model, output, "--format", "compressed-tensors"] + more
    }

    @Test("writes a folder and says in one line what is in it", arguments: QuantizedFormat.allCases)
    func result(format: QuantizedFormat) throws {
        let outcome = try Tool.run("quantize", model, output, "--format", format.rawValue)

        #expect(outcome.status == 0 && outcome.error.isEmpty)
        #expect(
            outcome.output.hasPrefix(
                "\(output): 48 linear layers in int8, 2 other tensors; 47.4 KB became "))
        #expect(outcome.output.hasSuffix(" in 1 file\n"))
        #expect(scratch.contents == ["out"])
        #expect(try Checkpoint(directory: output).moeLayers == [0, 1])
    }

    @Test("cuts files as asked for")
    func shards() throws {
        let outcome = try Tool.run(arguments("--shard-size", "20KB", "--threads", "1"))

        #expect(outcome.status == 0 && outcome.output.hasSuffix(" in 2 files\n"))
        #expect(
            FileManager.default.fileExists(atPath: output + "/model-00002-of-00002.safetensors"))
    }

    @Test(
        "exits with 64 where the command line alone is wrong",
        arguments: [
            ["--format", "int4"], ["--shard-size", "0"], ["--shard-size", "5TB"],
            ["--shard-size", "-1GB"], ["--shard-size", "99999999999999999999"], ["--threads", "0"],
        ])
    func usage(_ change: [String]) throws {
        let outcome = try Tool.run(["quantize", model, output] + change)
        #expect(outcome.status == 64 && scratch.contents.isEmpty)
        let formatless = try Tool.run("quantize", model, output)
        #expect(formatless.status == 64 && formatless.error.contains("--format"))
    }

    @Test("says in one line what is wrong, exits with 1 and leaves nothing")
    func failures() throws {
        for (input, part) in [("/nowhere", "/nowhere: cannot be opened"), (output, "cannot be")] {
            let outcome = try Tool.run(
                "quantize", input, output, "--format", "msmodelslim")
            #expect(outcome.status == 1 && outcome.error.contains(part))
            #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
        }
        #expect(scratch.contents.isEmpty)
    }

    // MARK: - What stops a run

    /// A model of many files to write, so that a run takes a while.
    private func manyExperts(_ count: Int = 100) throws -> String {
        let folder = scratch.file("model")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let config = """
            {"model_type": "qwen3_moe", "hidden_size": 64, "moe_intermediate_size": 32,
             "num_hidden_layers": 1, "num_experts": \(count), "num_experts_per_tok": 1,
             "norm_topk_prob": true}
            """
        try config.write(toFile: folder + "/config.json", atomically: false, encoding: .utf8)
        var random = SeededRandom(1)
        func stacked(_ shape: [Int]) throws -> Tensor {
            let bytes = (0..<2 * shape.reduce(1, *)).map {
                // BF16 of magnitudes around 1, either sign.
                $0 % 2 == 0 ? UInt8(truncatingIfNeeded: random.next()) : $0 % 3 == 0 ? 0xBF : 0x3F
            }
            return try Tensor(type: .bf16, shape: shape, bytes: bytes)
        }
        let block = "model.layers.0.mlp."
        try SafetensorsWriter.write(
            [
                (block + "gate.weight", stacked([count, 64])),
                (block + "experts.gate_up_proj", stacked([count, 64, 64])),
                (block + "experts.down_proj", stacked([count, 64, 32])),
            ], to: folder + "/model.safetensors")
        return folder
    }

    /// Starts a run that writes a file per matrix, and waits until it has finished a few.
    private func begin(_ model: String) throws -> (process: Process, error: Pipe) {
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("moe-cli")
        let process = Process()
        let error = Pipe()
        process.executableURL = program
        process.arguments = [
            "quantize", model, output, "--format", "compressed-tensors", "--shard-size", "1",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = error
        try process.run()
        while process.isRunning, finishedFiles.count < 3 { usleep(500) }
        // Nothing moves any more until the signal that follows is let through.
        kill(process.processIdentifier, SIGSTOP)
        return (process, error)
    }

    private var finishedFiles: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: output + ".partial")) ?? [])
            .filter { $0.hasSuffix(".safetensors") }
    }

    @Test(
        "ends by a signal with its status and one sentence, and is continued by the same command",
        arguments: [(SIGINT, "SIGINT", 130), (SIGTERM, "SIGTERM", 143), (SIGKILL, "", 9)])
    func signals(number: Int32, name: String, status: Int32) throws {
        let model = try manyExperts()
        let (process, error) = try begin(model)
        kill(process.processIdentifier, number)
        kill(process.processIdentifier, SIGCONT)
        process.waitUntilExit()
        let text = String(
            decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(process.terminationStatus == status)
        #expect(
            text
                == (number == SIGKILL
                    ? ""
                    : "Interrupted by \(name); the same command continues where it was.\n"))
        #expect(scratch.contents == ["model", "out.partial"])

        let finished = finishedFiles.count
        let second = try Tool.run(
            "quantize", model, output, "--format", "compressed-tensors", "--shard-size", "1")
        #expect(second.status == 0 && finished >= 3)
        #expect(second.error == "\(output).partial: \(finished) of 201 files are done already\n")
        #expect(scratch.contents == ["model", "out"])
        let checkpoint = try Checkpoint(directory: output)
        guard case .int8(let written) = try checkpoint.layer(0, experts: .int8).experts,
            case .int8(let wanted) = try Checkpoint(directory: model).layer(0, experts: .int8)
                .experts
        else { return }
        #expect(written.map(\.gateUp) == wanted.map(\.gateUp))
        #expect(written.map(\.down) == wanted.map(\.down))
    }

    @Test("a file system that takes no more bytes is one sentence")
    func limitedFileSize() throws {
        let model = try manyExperts(64)
        let tool = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("moe-cli").path
        // The limit stands in blocks of 1024 bytes; what is beyond is EFBIG, as ENOSPC would be.
        let command =
            "ulimit -f 100; '\(tool)' quantize '\(model)' '\(output)' --format msmodelslim 2>&1; "
            + "echo $?"
        let text = try Tool.output(of: "/bin/bash", ["-c", command])
        #expect(text.hasSuffix(": cannot be written: File too large\n1\n"), "\(text)")
        #expect(text.split(separator: "\n").count == 2)
        #expect(scratch.contents == ["model"])
    }

    @Test("a disk without room is found out before anything is written", .enabled(if: canMount))
    func fullDisk() throws {
        let model = try manyExperts(64)
        let disk = scratch.file("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
        _ = try Tool.output(
            of: "/bin/mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk])
        defer { _ = try? Tool.output(of: "/bin/umount", [disk]) }
        let arguments = ["quantize", model, disk + "/out", "--format", "compressed-tensors"]
        let outcome = try Tool.run(arguments)
        #expect(outcome.status == 1)
        #expect(
            outcome.error.contains(" bytes to write, but 2")
                && outcome.error.hasSuffix(" are free on its disk\n"), "\(outcome.error)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk).isEmpty)

        let root = try Tool.run(
            "quantize", model, disk, "--format", "compressed-tensors")
        #expect(root.error.contains("is the root of a file system"))
    }

    /// Whether the tests may mount a file system.
    static let canMount: Bool = {
        #if os(Linux)
        guard getuid() == 0, let scratch = try? Scratch() else { return false }
        let mount = "mount -t tmpfs -o size=64k tmpfs '\(scratch.path)' && umount '\(scratch.path)'"
        return (try? Tool.output(of: "/bin/sh", ["-c", mount + " && echo yes"])) == "yes\n"
        #else
        return false
        #endif
    }()

    @Test("shows on a terminal how far it is, and takes that away in the end")
    func progress() throws {
        let model = try manyExperts(64)
        var (master, slave): (Int32, Int32) = (0, 0)
        try #require(openpty(&master, &slave, nil, nil, nil) == 0)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
            .deletingLastPathComponent().appendingPathComponent("moe-cli")
        process.arguments = [
            "quantize", model, output, "--format", "compressed-tensors", "--shard-size", "1",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
        try process.run()
        process.waitUntilExit()
        // A terminal hands over what it holds in several pieces.
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        var written: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 12)
        while case let count = read(master, &piece, piece.count), count > 0 {
            written += piece.prefix(count)
        }
        close(master)
        let text = String(decoding: written, as: UTF8.self)
        #expect(text.hasPrefix("\r") && text.contains(" of 794.6 KB"), "\(text)")
        #expect(text.hasSuffix("\r\u{1B}[K"))
        #expect(process.terminationStatus == 0)
    }
}
