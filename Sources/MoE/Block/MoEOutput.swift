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
    /// - Parameter hidden: the tokens' hidden states, `[T, D]`.
    /// - Returns: every result of the pass.
    /// - Throws: `shape` if the rows are not of the block's hidden size.
    public func forward(_ hidden: Matrix<Float>) throws(MoEError) -> MoEOutput {
        var workspace = makeWorkspace()
        try forward(hidden, in: &workspace)
        return workspace.results
    }

    /// The forward pass over a matrix; the results are in the workspace.
    ///
    /// - Parameters:
    ///   - hidden: the tokens' hidden states, `[T, D]`.
    ///   - workspace: memory made by this block; holds the results afterwards.
    /// - Throws: `shape` if the rows are not of the block's hidden size.
    public func forward(
        _ hidden: Matrix<Float>, in workspace: inout Workspace
    ) throws(MoEError) {
        guard hidden.columns == shape.hiddenSize else {
            throw MoEError(
                .shape,
                "hidden states: \(hidden.shapeText), wanted [tokens, \(shape.hiddenSize)]")
        }
        try forward(hidden.elements.span, in: &workspace)
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
