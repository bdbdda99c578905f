import Foundation
import GenerateEngine
import MoECheckpoint

/// How fast a text was generated, and by what.
struct GenerationReport {
    let generation: Generation
    let decoder: Decoder
    let options: ModelOptions
    /// What was generated; nil where tokens are no bytes.
    let text: String?

    private var prefillSeconds: Double { generation.prefill / .seconds(1) }
    private var decodeSeconds: Double { generation.decode / .seconds(1) }

    /// Tokens that a pass of their own computed: the first comes from the prompt's.
    private var decodedCount: Int { max(0, generation.tokens.count - 1) }

    private var isSmooth: Bool { decoder.experts.smooth != nil }

    private func rate(_ count: Int, _ seconds: Double) -> Double {
        seconds > 0 ? Double(count) / seconds : 0
    }

    /// One line for a person.
    var line: String {
        let prefill = rate(generation.promptCount, prefillSeconds)
        let decode = rate(decodedCount, decodeSeconds)
        let share = decodeSeconds > 0 ? generation.decodeExperts / generation.decode : 0
        return String(
            format: "[%d + %d tokens; prefill %.0f/s, decode %.0f/s, %.0f %% of it in experts; ",
            generation.promptCount, generation.tokens.count, prefill, decode, share * 100)
            + "\(options.experts.rawValue) experts \(isSmooth ? "with smooth factors " : "")on "
            + "\(decoder.backendName)]"
    }

    var json: JSONValue {
        var object: JSONObject = [
            "model": .string(options.model), "backend": .string(decoder.backendName),
            "experts": .string(options.experts.rawValue), "smooth": .bool(isSmooth),
            "threads": .integer(decoder.threads),
            "prompt_tokens": .integer(generation.promptCount),
            "tokens": .array(generation.tokens.map { .integer($0) }),
            "prefill_s": .number(prefillSeconds), "decode_s": .number(decodeSeconds),
            "decode_experts_s": .number(generation.decodeExperts / .seconds(1)),
            "prefill_tokens_per_s": .number(rate(generation.promptCount, prefillSeconds)),
            "decode_tokens_per_s": .number(rate(decodedCount, decodeSeconds)),
        ]
        if let text { object["text"] = .string(text) }
        return .object(object)
    }
}
