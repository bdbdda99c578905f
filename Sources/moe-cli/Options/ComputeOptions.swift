public import ArgumentParser
public import MoE

/// What every command takes that computes.
struct ComputeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What computes: \(BackendName.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "name"))
    var backend: BackendName = .auto

    @Option(help: "How many threads may work, 1 or more; one per processor if not given.")
    var threads: Int?

    func validate() throws {
        if let threads, threads < 1 {
            throw ValidationError("--threads \(threads): wanted 1 or more")
        }
    }

    /// The backend asked for.
    func resolved() throws -> any ExpertBackend {
        try BackendCatalog.backend(backend).backend
    }
}

extension BackendName: ExpressibleByArgument {}
