/// Everything a forward pass computed, as values.
public struct MoEOutput: Sendable {
    /// The block's output, `[T, D]`: routed plus shared.
    public let output: Matrix<Float>
    /// The weighted sum of the routed experts, `[T, D]`.
    public let routedOutput: Matrix<Float>
    /// The shared expert's output, its gate included, `[T, D]`; nil if there is none.
    public let sharedOutput: Matrix<Float>?
    /// The expert of every slot, `[T, k]`, descending selection score.
    public let experts: Matrix<Int32>
    /// The weight of every slot, `[T, k]`.
    public let weights: Matrix<Float>
    /// How many rows every expert got.
    public let groupIndex: GroupIndex
    /// How long the stages took.
    public let timings: StageTimings
}

extension MoEBlock {
    /// The forward pass with a workspace of its own, all results as values.
    ///
    /// - Parameters:
    ///   - hidden: the tokens' hidden states, `[T, D]`.
    ///   - routerInput: what the router reads in place of them, `[T, D]`, where it must.
    ///   - tokenIDs: which tokens they are, `[T]`, where experts are looked up.
    /// - Returns: every result of the pass.
    /// - Throws: `shape` if the rows are not of the block's hidden size; `input` and `value` for
    ///   what the router reads beside them.
    public func forward(
        _ hidden: Matrix<Float>, routerInput: Matrix<Float>? = nil, tokenIDs: [Int32]? = nil
    ) throws(MoEError) -> MoEOutput {
        var workspace = makeWorkspace()
        try forward(hidden, routerInput: routerInput, tokenIDs: tokenIDs, in: &workspace)
        return workspace.results
    }

    /// The forward pass over a matrix; the results are in the workspace.
    ///
    /// - Parameters:
    ///   - hidden: the tokens' hidden states, `[T, D]`.
    ///   - routerInput: what the router reads in place of them, `[T, D]`, where it must.
    ///   - tokenIDs: which tokens they are, `[T]`, where experts are looked up.
    ///   - workspace: memory made by this block; holds the results afterwards.
    /// - Throws: `shape` if the rows are not of the block's hidden size; `input` and `value` for
    ///   what the router reads beside them.
    public func forward(
        _ hidden: Matrix<Float>, routerInput: Matrix<Float>? = nil, tokenIDs: [Int32]? = nil,
        in workspace: inout Workspace
    ) throws(MoEError) {
        for (name, rows) in [("hidden states", hidden), ("router input", routerInput ?? hidden)] {
            guard rows.columns == shape.hiddenSize else {
                throw MoEError(
                    .shape, "\(name): \(rows.shapeText), wanted [tokens, \(shape.hiddenSize)]")
            }
        }
        try forward(
            hidden.elements.span, routerInput: routerInput?.elements.span,
            tokenIDs: tokenIDs?.span, in: &workspace)
    }
}

extension Workspace {
    /// The results of the most recent pass, copied out.
    public var results: MoEOutput {
        let tokens = routing.tokenCount, width = self.tokens.width
        func rows(_ elements: [Float]) -> Matrix<Float> {
            Matrix(rows: tokens, columns: width, unchecked: elements)
        }
        let output = rows(outputBuffer.array)
        return MoEOutput(
            output: output,
            routedOutput: hasSharedExpert ? rows(routedBuffer.array) : output,
            sharedOutput: sharedElements.map(rows),
            experts: Matrix(
                rows: tokens, columns: routing.topK, unchecked: routing.expertBuffer.array),
            weights: Matrix(
                rows: tokens, columns: routing.topK, unchecked: routing.weightBuffer.array),
            groupIndex: dispatch.groupIndex,
            timings: timings)
    }
}
