import ArgumentParser
import GenerateEngine
import MoE
import MoECheckpoint

/// `moe-generate logits`: what a model makes of tokens, for other programs to check.
struct Logits: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes the logits of every position.",
        discussion: "Reads tokens, I32 or I64 [T], and writes logits, F32 [T, V].")

    @OptionGroup var options: ModelOptions

    @Option(help: "The safetensors file with the tokens.")
    var input: String

    @Option(help: "The safetensors file to write.")
    var output: String

    @Flag(help: "Compute token by token, as generating does, and not all in one go.")
    var oneByOne = false

    func run() throws {
        let tokens = try readTokens()
        let logits = try options.decoder().logits(of: tokens, oneByOne: oneByOne)
        try SafetensorsWriter.write(
            [("logits", Tensor(logits.elements, shape: [logits.rows, logits.columns]))],
            to: output)
    }

    private func readTokens() throws -> [Int] {
        let tensor = try SafetensorsFile(opening: input).tensor("tokens")
        if let tokens = tensor.elements(as: Int32.self) { return tokens.map { Int($0) } }
        if let tokens = tensor.elements(as: Int64.self) { return tokens.map { Int($0) } }
        throw CheckpointError(
            .tensor, "\(input): tokens: type \(tensor.type.rawValue), wanted I32 or I64")
    }
}
