public import ArgumentParser
import GenerateEngine
public import MoE
public import MoECheckpoint

/// Which model, and what computes its experts.
struct ModelOptions: ParsableArguments {
    @Option(help: "The model's folder: config.json and safetensors.")
    var model = Self.shippedModel

    @Option(help: "What computes: \(BackendName.allCases.map(\.rawValue).joined(separator: ", ")).")
    var backend: BackendName = .auto

    @Option(help: "The form of the experts: int8, or float for the weights as they are.")
    var experts: ExpertFormat = .int8

    @OptionGroup var smooth: SmoothOptions

    @Option(help: "How many threads compute the experts; one per processor if not given.")
    var threads: Int?

    /// The model that stands in this repository.
    static let shippedModel = "Models/byte-qwen3-moe"

    func validate() throws {
        if let threads, threads < 1 {
            throw ValidationError("--threads \(threads): wanted 1 or more")
        }
    }

    /// The model, loaded.
    func decoder() throws -> Decoder {
        let factors = experts == .int8 ? try smooth.factors(for: model) : nil
        return try Decoder(
            directory: model,
            experts: ExpertChoice(experts, backend: backend, threads: threads, smooth: factors))
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
