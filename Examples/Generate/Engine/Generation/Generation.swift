public import MoE

/// A text that a decoder goes on with, and how long that took.
public struct Generation: Sendable {
    /// The tokens that were generated.
    public let tokens: [Int]
    /// How many tokens the prompt had.
    public let promptCount: Int
    /// How long the prompt took.
    public let prefill: Duration
    /// How long the tokens after the first one took, which the prompt's own pass gives.
    public let decode: Duration
    /// The part of ``decode`` that the experts took.
    public let decodeExperts: Duration
}

extension Decoder {
    /// Prompts are computed in pieces of this many tokens.
    private static let rowsPerPass = 512

    /// Goes on with a prompt.
    ///
    /// - Parameters:
    ///   - prompt: at least one token.
    ///   - count: how many tokens to generate; fewer if the model ends the text.
    ///   - sampler: what chooses them.
    ///   - receive: gets every token as soon as it is chosen.
    /// - Returns: the tokens and the times.
    /// - Throws: ``EngineError`` for an empty prompt, tokens that do not exist, or a text beyond
    ///   the positions that the model was made for; what the block throws.
    public func generate(
        _ prompt: [Int], count: Int, sampler: Sampler, receive: (Int) -> Void = { _ in }
    ) throws -> Generation {
        let (length, overflow) = prompt.count.addingReportingOverflow(count)
        guard !prompt.isEmpty, count >= 0, !overflow, length <= configuration.positions else {
            throw EngineError(
                "a prompt of \(prompt.count) tokens and \(count) to generate, wanted at least one "
                    + "and at most \(configuration.positions) together")
        }
        let state = makeState(positions: length, rows: min(prompt.count, Self.rowsPerPass))
        var sampler = sampler, tokens: [Int] = []
        let start = ContinuousClock.now
        for first in stride(from: 0, to: prompt.count, by: Self.rowsPerPass) {
            try forward(prompt[first...].prefix(Self.rowsPerPass), state: state)
        }
        let prefilled = ContinuousClock.now
        state.expertTime = .zero
        while tokens.count < count {
            if let last = tokens.last { try forward([last], state: state) }
            let token = sampler.next(state.logits)
            if configuration.lastTokens.contains(token) { break }
            tokens.append(token)
            receive(token)
        }
        return Generation(
            tokens: tokens, promptCount: prompt.count, prefill: prefilled - start,
            decode: ContinuousClock.now - prefilled, decodeExperts: state.expertTime)
    }
}

extension Decoder {
    /// The logits of every position of a text.
    ///
    /// - Parameters:
    ///   - tokens: the text, `[T]`; at least one.
    ///   - oneByOne: whether tokens are computed one after the other, or all in one go.
    /// - Returns: the logits, `[T, V]`.
    /// - Throws: what ``forward(_:state:logitRows:)`` throws.
    public func logits(of tokens: [Int], oneByOne: Bool = false) throws -> Matrix<Float> {
        let rowsPerPass = oneByOne ? 1 : tokens.count
        let state = makeState(
            positions: tokens.count, rows: rowsPerPass, logitRows: rowsPerPass)
        var logits: [Float] = []
        logits.reserveCapacity(tokens.count * configuration.vocabularySize)
        for first in stride(from: 0, to: tokens.count, by: max(rowsPerPass, 1)) {
            try forward(
                tokens[first...].prefix(rowsPerPass), state: state, logitRows: rowsPerPass)
            state.logits.withUnsafeBufferPointer { logits += $0 }
        }
        return try Matrix(
            rows: tokens.count, columns: configuration.vocabularySize, elements: logits)
    }
}
