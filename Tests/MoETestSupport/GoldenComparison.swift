public import MoE

/// ``Tolerance`` with a golden block's own margins and ambiguity filled in.
extension Golden {
    /// What is wrong with a routing: experts, weights and group index.
    ///
    /// - Parameters:
    ///   - indices: the experts chosen, `[T, k]`.
    ///   - weights: their weights, `[T, k]`.
    ///   - groupIndex: the rows of every expert, `[E]`.
    /// - Returns: a sentence for each violation.
    public func routingViolations(
        indices: [Int32], weights: [Float], groupIndex: [Int64]
    ) -> [String] {
        let golden = Tolerance.Routing(
            topK: topK, indices: topKIndices, weights: topKWeights, margin: topKMargin,
            orderGap: topKOrderGap)
        return Tolerance.routingViolations(indices: indices, weights: weights, golden: golden)
            + Tolerance.groupIndexViolations(
                groupIndex, indices: indices, golden: self.groupIndex,
                allExpertsAgree: comparable(indices).allSatisfy { $0 })
    }

    /// What is wrong with an output of float experts.
    ///
    /// - Parameters:
    ///   - computed: the output, `[T, D]`.
    ///   - expected: what it should be: one of ``float``.
    ///   - indices: the experts the tokens went to, `[T, k]`.
    /// - Returns: a sentence for each violation.
    public func floatViolations(
        _ computed: Matrix<Float>, expected: Matrix<Float>, indices: [Int32]
    ) -> [String] {
        Tolerance.floatViolations(
            computed.elements, golden: expected.elements, comparable: comparable(indices))
    }

    /// What is wrong with an output of int8 experts.
    ///
    /// - Parameters:
    ///   - computed: the output, `[T, D]`.
    ///   - expected: what it should be: one of ``int8``.
    ///   - indices: the experts the tokens went to, `[T, k]`.
    /// - Returns: a sentence for each violation.
    public func int8Violations(
        _ computed: Matrix<Float>, expected: Matrix<Float>, indices: [Int32]
    ) -> [String] {
        Tolerance.int8Violations(
            computed.elements, golden: expected.elements, comparable: comparable(indices),
            ambiguity: Tolerance.Ambiguity(bits: ambiguous, flipBound: flipBound))
    }

    private func comparable(_ indices: [Int32]) -> [Bool] {
        Tolerance.tokensWithSameExperts(indices: indices, golden: topKIndices, topK: topK)
    }
}
