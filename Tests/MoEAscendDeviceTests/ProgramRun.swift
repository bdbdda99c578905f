import CANNDoubleSupport
import Foundation

/// A program of this package as a whole, in a process of its own, with the double where CANN would be.
struct ProgramRun {
    private static let cann = Result { try CANNInstallation() }
    private static let folder = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent()

    /// Its exit status.
    let status: Int32
    /// What it printed.
    let output: String
    /// What it printed to standard error.
    let error: String

    /// Runs a program with CANN's libraries to be found as the documentation says.
    ///
    /// - Parameters:
    ///   - program: its name.
    ///   - arguments: its arguments.
    ///   - double: the settings of the double; `abort` ends a process that breaks a rule.
    /// - Throws: where the program or the double is missing.
    init(_ program: String, _ arguments: [String], double: String = "abort") throws {
        let process = Process(), output = Pipe(), error = Pipe()
        process.executableURL = Self.folder.appendingPathComponent(program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging([
            "MOE_CANN_LIBRARY_PATH": try Self.cann.get().root, "CANN_DOUBLE": double,
        ]) { $1 }
        process.standardOutput = output
        process.standardError = error
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let errors = error.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        status = process.terminationStatus
        self.output = String(decoding: text, as: UTF8.self)
        self.error = String(decoding: errors, as: UTF8.self)
    }
}
