public import ArgumentParser
import GenerateEngine
public import MoE
public import MoECheckpoint

/// Which model, and what computes its experts.
struct ModelOptions: ParsableArguments {
    @Option(help: "The model's folder: config.json and safetensors.")
    var model = "Models/demo-qwen3-moe"

    @Option(help: "What computes: \(BackendName.allCases.map(\.rawValue).joined(separator: ", ")).")
    var backend: BackendName = .auto

    @Option(help: "The form of the experts: int8, or float for the weights as they are.")
    var experts: ExpertFormat = .int8

    @Option(help: "How many threads compute the experts; one per processor if not given.")
    var threads: Int?

    func validate() throws {
        if let threads, threads < 1 {
            throw ValidationError("--threads \(threads): wanted 1 or more")
        }
    }

    /// The model, loaded.
    func decoder() throws -> Decoder {
        try Decoder(
            directory: model,
            experts: ExpertChoice(experts, backend: backend, threads: threads))
    }
}

extension BackendName: @retroactive ExpressibleByArgument {}
extension ExpertFormat: @retroactive ExpressibleByArgument {}

/// Token ids, `1,2,3`.
struct TokenList: ExpressibleByArgument {
    let tokens: [Int]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        tokens = parts.compactMap { Int($0) }
        guard tokens.count == parts.count else { return nil }
    }
}
