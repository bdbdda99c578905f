import Foundation

/// The next-token distributions of some positions, as logarithms of probabilities.
struct Predictions {
    private let logarithms: [Double]
    private let best: [Int]
    private let width: Int

    /// The distributions that logits stand for.
    ///
    /// - Parameters:
    ///   - logits: `[positions, V]`.
    ///   - vocabularySize: V.
    init(_ logits: Span<Float>, vocabularySize: Int) {
        var logarithms: [Double] = [], best: [Int] = []
        logarithms.reserveCapacity(logits.count)
        for first in stride(from: 0, to: logits.count, by: vocabularySize) {
            var token = 0
            for other in 1..<vocabularySize where logits[first + other] > logits[first + token] {
                token = other
            }
            let greatest = Double(logits[first + token])
            var sum = 0.0
            for other in 0..<vocabularySize { sum += exp(Double(logits[first + other]) - greatest) }
            let normalizer = greatest + log(sum)
            for other in 0..<vocabularySize {
                logarithms.append(Double(logits[first + other]) - normalizer)
            }
            best.append(token)
        }
        self.logarithms = logarithms
        self.best = best
        width = vocabularySize
    }

    /// The surprise at a token, -ln p, in nats.
    func surprise(at token: Int, position: Int) -> Double {
        -logarithms[position * width + token]
    }

    /// The gradient of the surprises at tokens, one of every position, with respect to the logits,
    /// `[positions, V]`.
    func gradient(surprisesAt tokens: some Sequence<Int>) -> [Float] {
        var gradient = logarithms.map { Float(exp($0)) }
        for (position, token) in tokens.enumerated() { gradient[position * width + token] -= 1 }
        return gradient
    }

    /// Draws a token for every position from its distribution.
    func drawn(seed: UInt64) -> [Int] {
        var random = SplitMix64(state: seed)
        return best.indices.map { position in
            var left = Double(random.next() >> 11) / Double(1 << 53)
            for token in 0..<width {
                left -= exp(logarithms[position * width + token])
                if left < 0 { return token }
            }
            return best[position]
        }
    }

    /// Whether the likeliest token is the same as another distribution's.
    func agrees(with other: Predictions, position: Int) -> Bool {
        best[position] == other.best[position]
    }

    /// How far from sure a distribution is, 1 - Σ p²: from 0 to almost 1.
    func doubt(position: Int) -> Double {
        1 - logarithms[position * width..<(position + 1) * width].reduce(0) { $0 + exp(2 * $1) }
    }

    /// The Kullback-Leibler divergence Σ p ln(p / q) of another distribution q from this one, in
    /// nats.
    func divergence(to other: Predictions, position: Int) -> Double {
        var sum = 0.0
        for index in position * width..<(position + 1) * width {
            sum += exp(logarithms[index]) * (logarithms[index] - other.logarithms[index])
        }
        // Rounding alone can make it negative.
        return max(0, sum)
    }
}
