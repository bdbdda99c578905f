extension NativeExperts: TracedExperts {
    func trace(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch, sum: SlotSum?, threads: Int
    ) throws(MoEError) -> ExpertTrace {
        var rows = ExpertRows(shape: shape)
        let count = dispatch.rowCount
        forward(tokens, dispatch, into: &rows, sum: nil, threads: threads)
        return ExpertTrace(
            counts: dispatch.groupIndex.counts, rows: tokens.gathered(dispatch),
            accumulators: nil,
            activated: QuantizedRows(
                values: Matrix(
                    rows: count, columns: shape.expertWidth,
                    unchecked: Array(rows.native.quantized.array.prefix(count * shape.expertWidth))),
                unchecked: Array(rows.native.quantizedScale.array.prefix(count))),
            output: Matrix(
                rows: count, columns: shape.hiddenSize,
                unchecked: Array(rows.output.array.prefix(count * shape.hiddenSize))))
    }
}
