extension Int8Stages: TracedExperts {
    func trace(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch, sum: SlotSum?, threads: Int
    ) throws(MoEError) -> ExpertTrace {
        var rows = ExpertRows(shape: shape)
        let count = dispatch.rowCount
        gateUp(tokens, dispatch, into: &rows, threads: threads)
        let accumulators = Matrix(
            rows: count, columns: activation.inputWidth, unchecked: rows.accumulators.array)
        activate(dispatch, in: &rows, threads: threads)
        let activated = QuantizedRows(
            values: Matrix(
                rows: count, columns: shape.expertWidth, unchecked: rows.quantized.array),
            unchecked: rows.quantizedScale.array)
        down(dispatch, in: &rows, threads: threads)
        return ExpertTrace(
            counts: dispatch.groupIndex.counts, rows: tokens.gathered(dispatch),
            accumulators: accumulators, activated: activated,
            output: Matrix(rows: count, columns: shape.hiddenSize, unchecked: rows.output.array))
    }
}
