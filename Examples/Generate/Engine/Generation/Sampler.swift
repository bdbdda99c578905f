/// Chooses the next token from logits.
public struct Sampler: Sendable {
    /// What logits are divided by; 0 takes the best token always.
    public let temperature: Float
    /// Only the best tokens whose probabilities reach this sum may be taken; 1 for all.
    public let topP: Float
    private var random: SplitMix64
    private var order: [Int] = []
    private var probabilities: [Float] = []

    /// A sampler.
    ///
    /// - Parameters:
    ///   - temperature: 0 or more.
    ///   - topP: above 0, at most 1.
    ///   - seed: the same seed takes the same tokens.
    /// - Throws: ``EngineError`` for a temperature or a share outside its range.
    public init(temperature: Float = 0, topP: Float = 1, seed: UInt64 = 1) throws {
        guard temperature >= 0, temperature.isFinite else {
            throw EngineError("temperature \(temperature): wanted 0 or more")
        }
        guard topP > 0, topP <= 1 else {
            throw EngineError("top-p \(topP): wanted above 0 and at most 1")
        }
        self.temperature = temperature
        self.topP = topP
        random = SplitMix64(state: seed)
    }

    /// The next token.
    ///
    /// - Parameter logits: one per token, `[V]`; V is at least 1.
    /// - Returns: the token; of equal ones the first.
    public mutating func next(_ logits: Span<Float>) -> Int {
        var best = 0
        for token in 1..<max(logits.count, 1) where logits[token] > logits[best] { best = token }
        guard temperature > 0 else { return best }

        // The greatest logit becomes 0, so that no power overflows.
        probabilities.removeAll(keepingCapacity: true)
        order.removeAll(keepingCapacity: true)
        for token in 0..<logits.count {
            probabilities.append((logits[token] - logits[best]) / temperature)
            order.append(token)
        }
        probabilities.withUnsafeMutableBufferPointer {
            guard let base = $0.baseAddress else { return }
            softmax(base, count: $0.count, scale: 1)
        }
        let sum = keepBest()
        // 24 bits of a random number, below 1.
        var left = Float(random.next() >> 40) / Float(1 << 24) * sum
        for token in order {
            left -= probabilities[token]
            if left < 0 { return token }
        }
        return best
    }

    /// Drops the tokens that `topP` shuts out; returns the sum of the others' probabilities.
    private mutating func keepBest() -> Float {
        guard topP < 1 else { return 1 }
        order.sort { [probabilities] in (probabilities[$0], $1) > (probabilities[$1], $0) }
        var sum: Float = 0
        let count = order.firstIndex { token in
            sum += probabilities[token]
            return sum >= topP
        }
        if let count { order.removeSubrange((count + 1)...) }
        return sum
    }
}

/// Random numbers from one word of state.
struct SplitMix64: Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
