/// What lies between the stages of a set of experts, in the dispatch's order of rows.
///
/// For comparing backends; a forward pass keeps none of this.
package struct ExpertTrace: Sendable {
    /// How many rows every expert got, `[E]`.
    package var counts: [Int64]
    /// What goes into the experts, `[R, D]`.
    package var rows: QuantizedRows
    /// The gate·up projection, `[R, 2H]`; nil where a backend never has it in memory.
    package var accumulators: Matrix<Int32>?
    /// The activation, `[R, H]`.
    package var activated: QuantizedRows
    /// The down-projection, `[R, D]`.
    package var output: Matrix<Float>
    /// How `output` and what is made of it are rounded.
    package var rounding: OutputRounding

    /// A trace of its parts.
    package init(
        counts: [Int64], rows: QuantizedRows, accumulators: Matrix<Int32>?,
        activated: QuantizedRows, output: Matrix<Float>, rounding: OutputRounding = .float32
    ) {
        self.counts = counts
        self.rows = rows
        self.accumulators = accumulators
        self.activated = activated
        self.output = output
        self.rounding = rounding
    }
}

/// Experts that can show what lies between their stages.
package protocol TracedExperts {
    /// Stages 4 to 6 with everything that lies between them.
    ///
    /// - Parameters:
    ///   - tokens: the tokens' rows.
    ///   - dispatch: which rows each expert has.
    ///   - sum: the experts and weights of every slot; nil for a shared expert.
    ///   - threads: how many threads may work.
    /// - Returns: the trace.
    /// - Throws: what keeps the backend from carrying the pass out.
    func trace(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch, sum: SlotSum?, threads: Int
    ) throws(MoEError) -> ExpertTrace
}

/// Which rows a token's sum is of, and their weights, as values.
package struct SlotTable: Sendable {
    private let rowOf: [Int32]
    /// What every slot's row is multiplied by, `[T, k]`.
    package let weights: [Float]

    /// The slots of a sum; none without one.
    init(_ sum: SlotSum?) {
        let count = sum.map { $0.tokenCount * $0.slots } ?? 0
        rowOf = (0..<count).map { sum?.rowOf[$0] ?? -1 }
        weights = (0..<count).map { sum?.weights[$0] ?? 0 }
    }

    /// The row of a slot, t * k + j; nil for an identity expert.
    package func row(_ slot: Int) -> Int? {
        rowOf[slot] < 0 ? nil : Int(rowOf[slot])
    }
}

/// A forward pass with what lies between its stages.
package struct BlockTrace: Sendable {
    /// The tokens as they came in, `[T, D]`.
    package let hidden: Matrix<Float>
    /// What the pass gives.
    package let results: MoEOutput
    /// The stages of the routed experts.
    package let routed: ExpertTrace
    /// The stages of the shared expert, if there is one.
    package let shared: ExpertTrace?
    /// The routed rows of every token.
    package let slots: SlotTable
    /// What the shared expert's rows are multiplied by, `[T]`; nil for nothing.
    let sharedFactors: [Float]?
    /// Whether the tokens' rows were quantised here, exactly.
    package let quantizesOnHost: Bool
}

extension MoEBlock {
    /// The forward pass, and once more stage by stage.
    ///
    /// - Parameters:
    ///   - hidden: the tokens' hidden states, `[T, D]`, at least one.
    ///   - routerInput: what the router reads in place of them, `[T, D]`, where it must.
    ///   - tokenIDs: which tokens they are, `[T]`, where experts are looked up.
    /// - Returns: results and stages.
    /// - Throws: what the pass throws; `unsupported` for experts that cannot show their stages.
    package func trace(
        _ hidden: Matrix<Float>, routerInput: Matrix<Float>? = nil, tokenIDs: [Int32]? = nil
    ) throws(MoEError) -> BlockTrace {
        guard let routed = routed.traced else {
            throw MoEError(.unsupported, "\(backendName): these experts do not show their stages")
        }
        var workspace = makeWorkspace()
        try forward(hidden, routerInput: routerInput, tokenIDs: tokenIDs, in: &workspace)
        let results = workspace.results
        return try hidden.elements.withUnsafeBufferPointer { elements throws(MoEError) in
            workspace.tokens.bind(elements.baseAddress, count: hidden.rows)
            defer { workspace.tokens.bind(nil, count: hidden.rows) }
            let sum = workspace.routedSum, factors = workspace.shared.gate.array
            return BlockTrace(
                hidden: hidden,
                results: results,
                routed: try routed.trace(
                    workspace.tokens, workspace.dispatch, sum: sum, threads: threads),
                shared: try shared?.experts.traced?.trace(
                    workspace.tokens, workspace.shared.dispatch, sum: nil, threads: threads),
                slots: SlotTable(sum),
                sharedFactors: factors.isEmpty ? nil : factors,
                quantizesOnHost: quantizesTokens)
        }
    }
}

extension PreparedExperts {
    /// The experts, if they can show their stages.
    var traced: (any TracedExperts)? {
        switch self {
        case .stages(let experts): experts as? any TracedExperts
        case .pass(let experts): experts as? any TracedExperts
        }
    }
}
