import ArgumentParser
import MoE
import MoEAscend
import MoECheckpoint

/// `moe-cli probe`: first contact with a device, one line for everything that was tried.
struct Probe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tries a device out: libraries, functions, memory, every operator once.",
        discussion: """
            Prints one line for everything that was tried, small enough to be sent to somebody. \
            Operators run once on a tiny layer and are compared with the CPU. Exit status 1 if \
            something failed.
            """)

    @Option(help: ArgumentHelp("The device's backend: ascend.", valueName: "name"))
    var backend: BackendName = .ascend

    @OptionGroup var device: DeviceOptions

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard backend == .ascend else {
            throw ValidationError("--backend \(backend.rawValue): wanted ascend, the one device")
        }
    }

    func run() throws {
        var lines: [ProbeLine] = []
        func report(_ line: ProbeLine) {
            lines.append(line)
            guard !json else { return }
            print("\(line.verdict.rawValue.padded(to: 8))\(line.name.padded(to: 35))\(line.text)")
        }
        let options = device.ascend
        do {
            let backend = try AscendBackend(options)
            backend.facts().forEach(report)
            // Before anything runs: a kernel that fails closes the backend.
            backend.answers().forEach(report)
            let trials = try ProbeTrials(options: options)
            trials.stages(on: backend).forEach(report)
            for (name, options) in trials.variants { report(trials.block(name, options)) }
        } catch let error as AscendError {
            report(ProbeLine("backend", .failed, error.message))
        }
        if json {
            let all = lines.map { line in
                JSONValue.object([
                    "name": .string(line.name), "verdict": .string(line.verdict.rawValue),
                    "text": .string(line.text),
                ])
            }
            print(try JSONValue.array(all).text(.indented), terminator: "")
        }
        if lines.contains(where: { $0.verdict == .failed }) { throw ExitCode.failure }
    }
}
