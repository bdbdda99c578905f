/// Stages 4 to 6 of float32 experts, with any multiplier of tiles: the yardstick for accuracy.
struct FloatStages<Multiplier: TileMultiplier>: ExpertStages {
    let multiplier: Multiplier
    let experts: [Expert<Matrix<Float>>]
    let shape: ExpertShape
    let activation: ExpertActivationKernel

    var readsQuantizedTokens: Bool { false }

    func gateUp(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch,
        into rows: inout ExpertRows, threads: Int
    ) {
        rows.gateUp.resize(dispatch.rowCount * activation.inputWidth)
        guard let hidden = tokens.hidden else { return }
        multiply(
            hidden, source: dispatch.tokenOf.base, depth: shape.hiddenSize, dispatch,
            weights: \.gateUp, bias: \.gateUpBias, into: rows.gateUp.base,
            width: activation.inputWidth, inputWeight: dispatch.inputWeights,
            scratch: &rows.scratch, threads: threads)
    }

    func activate(_ dispatch: borrowing Dispatch, in rows: inout ExpertRows, threads: Int) {
        let width = shape.expertWidth, inputWidth = activation.inputWidth
        rows.activated.resize(dispatch.rowCount * width)
        let gateUp = UnsafePointer(rows.gateUp.base), activated = rows.activated.base
        forEachBlockOfRows(dispatch, threads: threads) { _, block, _ in
            for row in block {
                activation.activate(
                    gateUp: gateUp + row * inputWidth, into: activated + row * width)
            }
        }
    }

    func down(_ dispatch: borrowing Dispatch, in rows: inout ExpertRows, threads: Int) {
        rows.output.resize(dispatch.rowCount * shape.hiddenSize)
        multiply(
            rows.activated.base, source: nil, depth: shape.expertWidth, dispatch,
            weights: \.down, bias: \.downBias, into: rows.output.base,
            width: shape.hiddenSize, scratch: &rows.scratch, threads: threads)
    }

    /// One grouped float32 GEMM, every row times its weight on the input, the bias added.
    private func multiply(
        _ x: UnsafePointer<Float>, source: UnsafePointer<Int32>?, depth: Int,
        _ dispatch: borrowing Dispatch, weights: KeyPath<Expert<Matrix<Float>>, Matrix<Float>>,
        bias: KeyPath<Expert<Matrix<Float>>, [Float]?>, into out: UnsafeMutablePointer<Float>,
        width: Int, inputWeight: UnsafePointer<Float>? = nil, scratch: inout Buffer<Float>,
        threads: Int
    ) {
        scratch.resize(threads * multiplier.scratchCount)
        let scratch = scratch.base
        GroupedTiles(dispatch, outputWidth: width).forEach(threads: threads) {
            expert, tileRows, columns, worker in
            let first = tileRows.lowerBound
            let tileOut = out + first * width + columns.lowerBound
            withRows(of: experts[expert][keyPath: weights], columns) { weights in
                multiplier.multiply(
                    MatrixTile(
                        x: source == nil ? x + first * depth : x,
                        source: source.map { $0 + first }, rows: tileRows.count,
                        weights: weights, columns: columns.count, depth: depth),
                    into: tileOut, stride: width,
                    scratch: scratch + worker * multiplier.scratchCount)
            }
            if let inputWeight {
                for row in 0..<tileRows.count {
                    let factor = inputWeight[first + row], values = tileOut + row * width
                    for column in 0..<columns.count { values[column] *= factor }
                }
            }
            withOptionalElements(of: experts[expert][keyPath: bias]) { bias in
                guard let bias else { return }
                for row in 0..<tileRows.count {
                    RowKernels.add(
                        bias + columns.lowerBound, count: columns.count,
                        into: tileOut + row * width)
                }
            }
        }
    }
}
