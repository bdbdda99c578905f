import Foundation
import MoE
import MoECheckpoint

/// Runs the built `moe-cli`, which stands beside the test runner.
enum Tool {
    struct Outcome {
        let status: Int32
        let output: String
        let error: String
    }

    /// Runs a command and waits for it.
    static func run(_ arguments: String..., at program: String = "moe-cli") throws -> Outcome {
        try run(arguments, at: program)
    }

    /// Runs a command and waits for it.
    static func run(_ arguments: [String], at program: String = "moe-cli") throws -> Outcome {
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let process = Process()
        let output = Pipe(), error = Pipe()
        process.executableURL = folder.appendingPathComponent(program)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = error
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // Short texts, which fit into a pipe: reading one after the other cannot stall.
        let outputData = output.fileHandleForReading.readDataToEndOfFile()
        let errorData = error.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: String(decoding: outputData, as: UTF8.self),
            error: String(decoding: errorData, as: UTF8.self))
    }
}

extension Tool {
    /// What a program of the system prints, however much that is.
    static func output(of program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}

/// A folder of its own for one test, removed at the end.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "moe-cli-tests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of a file in the folder.
    func file(_ name: String) -> String { path + "/" + name }

    /// Writes tensors to a file in the folder.
    func write(_ name: String, _ tensors: [(String, Tensor)]) throws -> String {
        try SafetensorsWriter.write(tensors, to: file(name))
        return file(name)
    }

    /// The names of what is in the folder, hidden files too.
    var contents: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }
}
