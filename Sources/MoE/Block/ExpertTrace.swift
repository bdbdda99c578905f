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
    /// The greatest relative error of a value that `output`'s type brings, that of its scales
    /// included; 0 for float32.
    package var outputRoundoff: Float

    /// A trace of its parts.
    package init(
        counts: [Int64], rows: QuantizedRows, accumulators: Matrix<Int32>?,
        activated: QuantizedRows, output: Matrix<Float>, outputRoundoff: Float = 0
    ) {
        self.counts = counts
        self.rows = rows
        self.accumulators = accumulators
        self.activated = activated
        self.output = output
        self.outputRoundoff = outputRoundoff
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

/// A forward pass with what lies between its stages.
package struct BlockTrace: Sendable {
    /// What the pass gives.
    package let results: MoEOutput
    /// The stages of the routed experts.
    package let routed: ExpertTrace
    /// The stages of the shared expert, if there is one.
    package let shared: ExpertTrace?
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
            let sum = workspace.routedSum
            return BlockTrace(
                results: results,
                routed: try routed.trace(
                    workspace.tokens, workspace.dispatch, sum: sum, threads: threads),
                shared: try shared?.experts.traced?.trace(
                    workspace.tokens, workspace.shared.dispatch, sum: nil, threads: threads),
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
