/// How near a computed block must come to a golden one.
///
/// A last-bit difference in float32 can turn a choice of experts or one rounding to int8, so the
/// bounds depend on how much hangs on rounding for a token. Every function takes flat row-major
/// arrays and returns what is wrong, a sentence each; an empty list means that all is well. Two
/// backends are compared by the same rules, one of them in the place of the golden.
public enum Tolerance {
    /// Chosen experts, and how clearly they were chosen.
    public struct Routing: Sendable {
        /// How many experts a token is sent to: k.
        public var topK: Int
        /// Experts in descending selection score, `[T, k]`.
        public var indices: [Int32]
        /// Their weights, `[T, k]`.
        public var weights: [Float]
        /// The least gap that decides which experts are chosen, `[T]`.
        public var margin: [Float]
        /// The least gap that decides their order, `[T]`.
        public var orderGap: [Float]

        /// A golden routing of its parts.
        public init(
            topK: Int, indices: [Int32], weights: [Float], margin: [Float], orderGap: [Float]
        ) {
            self.topK = topK
            self.indices = indices
            self.weights = weights
            self.margin = margin
            self.orderGap = orderGap
        }
    }

    /// Above this margin the same experts must be chosen.
    public static let clearMargin: Float = 1e-4
    /// Above this gap, and a clear margin, they must be in the same order.
    public static let clearOrderGap: Float = 1e-5
    /// How far a weight may be off, times the token's largest weight where that is above 1.
    public static let weight: Float = 1e-5

    // MARK: - Routing

    /// What is wrong with chosen experts and their weights.
    ///
    /// Where the sets agree the weights of the same expert are compared, whatever its slot.
    ///
    /// - Parameters:
    ///   - indices: the experts chosen, `[T, k]`.
    ///   - weights: their weights, `[T, k]`.
    ///   - golden: what they should be.
    /// - Returns: a sentence for each violation.
    public static func routingViolations(
        indices: [Int32], weights: [Float], golden: Routing
    ) -> [String] {
        let wanted = golden.indices.count
        guard indices.count == wanted, weights.count == wanted else {
            return [
                "routing: \(indices.count) indices and \(weights.count) weights, wanted \(wanted)"
            ]
        }
        return golden.margin.indices.flatMap { token -> [String] in
            let slots = token * golden.topK..<(token + 1) * golden.topK
            let found = Array(indices[slots])
            let expected = Array(golden.indices[slots])
            guard Set(found).count == found.count, found.allSatisfy({ $0 >= 0 }) else {
                return ["token \(token): experts \(found) are not distinct and at least 0"]
            }
            let isClear = golden.margin[token] > clearMargin
            guard Set(found) == Set(expected) else {
                return isClear ? ["token \(token): experts \(found), golden \(expected)"] : []
            }
            var violations: [String] = []
            if isClear, golden.orderGap[token] > clearOrderGap, found != expected {
                violations.append("token \(token): order \(found), golden \(expected)")
            }
            let weightOf = Dictionary(uniqueKeysWithValues: zip(found, weights[slots]))
            let bound = weight * max(1, golden.weights[slots].max() ?? 1)
            for (expert, value) in zip(expected, golden.weights[slots]) {
                let computed = weightOf[expert] ?? .nan
                let agrees = abs(computed - value) <= bound || (computed.isNaN && value.isNaN)
                if !agrees {
                    violations.append(
                        "token \(token): weight of expert \(expert) is \(computed), golden \(value)"
                    )
                }
            }
            return violations
        }
    }

    /// Which tokens were sent to the golden experts, in any order: only their outputs compare.
    ///
    /// - Parameters:
    ///   - indices: the experts chosen, `[T, k]`.
    ///   - golden: the experts of the golden block, `[T, k]`.
    ///   - topK: how many experts a token is sent to.
    /// - Returns: whether its experts are the golden ones, for every token, `[T]`.
    public static func tokensWithSameExperts(
        indices: [Int32], golden: [Int32], topK: Int
    ) -> [Bool] {
        guard topK > 0 else { return [] }
        return stride(from: 0, to: golden.count, by: topK).map { start in
            start + topK <= indices.count
                && Set(indices[start..<start + topK]) == Set(golden[start..<start + topK])
        }
    }

    // MARK: - Group index

    /// What is wrong with a group index.
    ///
    /// It must be the counts of the indices it came with, whatever they are, and the golden one
    /// where all tokens went to their golden experts.
    ///
    /// - Parameters:
    ///   - groupIndex: the rows of every expert, `[E]`.
    ///   - indices: the experts chosen with it, `[T, k]`; identity experts, E and above, have no row.
    ///   - golden: the golden group index, `[E]`.
    ///   - allExpertsAgree: whether every token went to its golden experts.
    /// - Returns: a sentence for each violation.
    public static func groupIndexViolations(
        _ groupIndex: [Int64], indices: [Int32], golden: [Int64], allExpertsAgree: Bool
    ) -> [String] {
        var counts = [Int64](repeating: 0, count: golden.count)
        for index in indices where counts.indices.contains(Int(index)) {
            counts[Int(index)] += 1
        }
        var violations: [String] = []
        if groupIndex != counts {
            violations.append("group_index: \(groupIndex), but the indices count \(counts)")
        }
        if allExpertsAgree, groupIndex != golden {
            violations.append("group_index: \(groupIndex), golden \(golden)")
        }
        return violations
    }
}
