import ArgumentParser
import GenerateEngine
import MoECheckpoint

/// `moe-generate`: goes on with a text.
struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Goes on with a text, and writes it as it comes.",
        discussion: """
            The same seed gives the same text. With int8 experts it is the same on every CPU \
            backend, bit for bit, and with any number of threads. Float experts are summed in \
            another order by each backend, a device rounds its results to 16 bits: there, a text \
            may part where two tokens are nearly as likely.
            """)

    @OptionGroup var options: ModelOptions

    @Option(help: "The text to go on with, for a model whose tokens are bytes.")
    var prompt: String?

    @Option(help: "The tokens to go on with, with commas between, for any model.")
    var tokenIds: TokenList?

    @Option(help: "How many tokens to generate.")
    var tokens = 256

    @Option(help: "What logits are divided by; 0 takes the likeliest token always.")
    var temperature: Float = 0

    @Option(help: "Take only the likeliest tokens, up to this sum of probabilities.")
    var topP: Float = 1

    @Option(help: "The same seed takes the same tokens.")
    var seed: UInt64 = 1

    @Flag(help: "Print JSON when all is done.")
    var json = false

    func validate() throws {
        if prompt != nil, tokenIds != nil {
            throw ValidationError("--prompt and --token-ids: wanted one of them")
        }
        if tokens < 0 { throw ValidationError("--tokens \(tokens): wanted 0 or more") }
    }

    func run() throws {
        let sampler = try Sampler(temperature: temperature, topP: topP, seed: seed)
        let decoder = try options.decoder()
        let vocabulary = ByteVocabulary(decoder.configuration)
        let prompt = try promptTokens(vocabulary)

        var writer = TokenWriter(vocabulary, isSilent: json)
        if vocabulary != nil, !json { print(self.prompt ?? "", terminator: "") }
        let generation = try decoder.generate(prompt, count: tokens, sampler: sampler) {
            writer.write($0)
        }
        writer.finish()

        let report = GenerationReport(
            generation: generation, decoder: decoder, options: options,
            text: vocabulary == nil ? nil : writer.text)
        if json {
            print(try report.json.text(.indented), terminator: "")
        } else {
            printToStandardError(report.line)
        }
    }

    private func promptTokens(_ vocabulary: ByteVocabulary?) throws -> [Int] {
        if let tokenIds { return tokenIds.tokens }
        guard let vocabulary else {
            throw EngineError(
                "\(options.model): its tokens are not bytes, wanted the prompt as --token-ids")
        }
        return vocabulary.tokens(of: (prompt ?? "").utf8)
    }
}
