#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// From one token's logits to its experts and weights, step by step as the configuration says.
struct RouterSelection {
    let router: PreparedRouter
    var configuration: RouterConfiguration { router.configuration }
    private var expertCount: Int { router.expertCount }

    /// Floats of scratch a token needs: its logits, which become scores, and selection scores.
    static func scratchCount(experts: Int) -> Int { 2 * experts }

    /// Adds the bias to one token's logits and caps them.
    func adjust(_ logits: UnsafeMutablePointer<Float>) {
        if let bias = router.logitBias {
            for expert in 0..<expertCount { logits[expert] += bias[expert] }
        }
        if let cap = configuration.logitSoftcap {
            for expert in 0..<expertCount { logits[expert] = cap * tanh(logits[expert] / cap) }
        }
    }

    /// Selects the experts of one token and weighs them.
    ///
    /// - Parameters:
    ///   - scratch: starts with the token's adjusted logits `[E]`; both halves are overwritten.
    ///   - tokenID: which token it is, where experts are looked up.
    ///   - experts: receives the selected experts, best first; holds them where they are chosen.
    ///   - weights: receives their weights.
    ///   - areChosen: whether the experts were selected before.
    func select(
        scratch: UnsafeMutablePointer<Float>, tokenID: Int32? = nil,
        experts: UnsafeMutablePointer<Int32>,
        weights: UnsafeMutablePointer<Float>, areChosen: Bool = false
    ) {
        let scores = UnsafeMutableBufferPointer(start: scratch, count: expertCount)
        let selection = UnsafeMutableBufferPointer(
            start: scratch + expertCount, count: expertCount)
        let chosen = UnsafeMutableBufferPointer(start: experts, count: configuration.topK)
        let weights = UnsafeMutableBufferPointer(start: weights, count: configuration.topK)
        if case .sparseMixer(let jitter) = configuration.weighting {
            return mixSparsely(scores, selection, jitter: jitter, experts: chosen, weights: weights)
        }
        let always = configuration.alwaysChosen
        score(scores, using: selection)
        if areChosen {
            // Another one has looked at the scores.
        } else if let table = router.expertsOfToken, let tokenID {
            let row = Int(tokenID) * table.columns
            for slot in chosen.indices { chosen[slot] = table.elements[row + slot] }
        } else {
            correct(scores, into: selection)
            if let groups = configuration.groups, groups.count > 1 {
                maskGroups(groups, of: selection)
            }
            RowKernels.topK(
                of: UnsafeMutableBufferPointer(rebasing: selection.dropLast(always)),
                into: UnsafeMutableBufferPointer(rebasing: chosen.dropLast(always)))
            for index in 0..<always {
                chosen[chosen.count - always + index] = Int32(expertCount - always + index)
            }
        }
        for slot in 0..<configuration.topK { weights[slot] = scores[Int(chosen[slot])] }
        weigh(weights, of: chosen, using: selection)
    }

    /// Logits to scores, in place.
    private func score(
        _ values: UnsafeMutableBufferPointer<Float>,
        using scratch: UnsafeMutableBufferPointer<Float>
    ) {
        switch configuration.score {
        case .logits: break
        case .softmax: softmax(values, using: scratch)
        case .sigmoid:
            for index in values.indices { values[index] = sigmoid(values[index]) }
        case .sqrtSoftplus:
            for index in values.indices {
                // ln(1 + e^l) as max(l, 0) + ln(1 + e^-|l|), which cannot overflow.
                let logit = values[index]
                values[index] = (max(logit, 0) + log1p(exp(-abs(logit)))).squareRoot()
            }
        }
    }

    /// Selection scores: the correction added, NaN below everything.
    private func correct(
        _ scores: UnsafeMutableBufferPointer<Float>,
        into selection: UnsafeMutableBufferPointer<Float>
    ) {
        for expert in 0..<expertCount { selection[expert] = scores[expert] }
        if let bias = router.correctionBias {
            for expert in 0..<expertCount { selection[expert] += bias[expert] }
        }
        for expert in 0..<expertCount where selection[expert].isNaN {
            selection[expert] = -.infinity
        }
    }

    /// Leaves the best groups in the selection; equal groups rank by index.
    private func maskGroups(
        _ groups: RouterConfiguration.Groups, of selection: UnsafeMutableBufferPointer<Float>
    ) {
        let size = expertCount / groups.count
        withUnsafeTemporaryAllocation(of: Float.self, capacity: groups.count) { ranks in
            for group in 0..<groups.count {
                let members = selection[group * size..<(group + 1) * size]
                ranks[group] = rank(members, by: groups.ranking)
            }
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: groups.kept) { kept in
                RowKernels.topK(of: ranks, into: kept)
                let mask: Float = groups.mask == .zero ? 0 : -.infinity
                for group in 0..<groups.count where !kept.contains(Int32(group)) {
                    for expert in group * size..<(group + 1) * size { selection[expert] = mask }
                }
            }
        }
    }

    private func rank(
        _ scores: Slice<UnsafeMutableBufferPointer<Float>>,
        by ranking: RouterConfiguration.Groups.Ranking
    ) -> Float {
        var best = -Float.infinity, second = -Float.infinity
        for score in scores {
            if score > best {
                second = best
                best = score
            } else if score > second {
                second = score
            }
        }
        return ranking == .maximum ? best : best + second
    }

    /// Selected scores to weights, in place.
    private func weigh(
        _ weights: UnsafeMutableBufferPointer<Float>,
        of experts: UnsafeMutableBufferPointer<Int32>,
        using scratch: UnsafeMutableBufferPointer<Float>
    ) {
        switch configuration.weighting {
        case .score, .sparseMixer: break
        case .softmaxOfSelected: softmax(weights, using: scratch)
        case .sigmoidOfSelected:
            for slot in weights.indices { weights[slot] = sigmoid(weights[slot]) }
        }
        var sum: Float = 0
        for weight in weights { sum += weight }
        let divisor: Float
        switch configuration.renormalization {
        case .none: divisor = 1
        case .sum(let epsilon): divisor = sum + epsilon
        case .sumAtLeast(let minimum): divisor = max(sum, minimum)
        }
        for slot in weights.indices {
            let weight = weights[slot] / divisor
            let scale = router.expertScale?[Int(experts[slot])] ?? 1
            weights[slot] = weight * scale * configuration.scalingFactor
        }
    }

    private func softmax(
        _ values: UnsafeMutableBufferPointer<Float>,
        using scratch: UnsafeMutableBufferPointer<Float>
    ) {
        guard let base = values.baseAddress, let exponents = scratch.baseAddress else { return }
        // A NaN is passed over here and spoils the sum.
        var greatest = -Float.infinity
        for value in values where value > greatest { greatest = value }
        for index in values.indices { exponents[index] = values[index] - greatest }
        OperatorKernels.chosen.exp(exponents, count: values.count, into: base)
        // The sum is kept in double precision: many small terms beside a large one.
        var sum: Double = 0
        for value in values { sum += Double(value) }
        let divisor = Float(sum)
        for index in values.indices { values[index] /= divisor }
    }
}

/// 1 / (1 + exp(-x)).
func sigmoid(_ value: Float) -> Float {
    1 / (1 + exp(-value))
}
