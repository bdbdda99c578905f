#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

extension RouterSelection {
    /// Phi's SparseMixer: the two greatest logits, each weighted by its softmax among those near it.
    ///
    /// A logit l is near the greatest one left, m, unless `(m - l) / max(|l|, m) > 2 * jitter`. The
    /// weights are used as they are: together they may be above or below 1.
    ///
    /// - Parameters:
    ///   - logits: the token's logits, `[E]`.
    ///   - left: room for those that are left to choose from, `[E]`.
    ///   - jitter: ε.
    ///   - experts: receives the two experts, the greater logit first.
    ///   - weights: receives their weights.
    func mixSparsely(
        _ logits: UnsafeMutableBufferPointer<Float>, _ left: UnsafeMutableBufferPointer<Float>,
        jitter: Float, experts: UnsafeMutableBufferPointer<Int32>,
        weights: UnsafeMutableBufferPointer<Float>
    ) {
        for index in logits.indices {
            left[index] = logits[index].isNaN ? -.infinity : logits[index]
        }
        for slot in experts.indices {
            var best = slot == 0 || experts[0] > 0 ? 0 : 1
            for index in left.indices where left[index] > left[best] { best = index }
            let greatest = left[best]
            var sum: Double = 0
            for index in left.indices {
                let distance = (greatest - logits[index]) / max(abs(logits[index]), greatest)
                if distance > 2 * jitter { continue }
                sum += Double(exp(left[index] - greatest))
            }
            experts[slot] = Int32(best)
            weights[slot] = Float(1 / sum) * configuration.scalingFactor
            left[best] = -.infinity
        }
    }
}
