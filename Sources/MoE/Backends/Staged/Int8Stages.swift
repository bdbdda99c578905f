/// Stages 4 to 6 of int8 experts, with any multiplier of tiles.
struct Int8Stages<Multiplier: TileMultiplier>: ExpertStages {
    let multiplier: Multiplier
    let experts: [Expert<QuantizedMatrix>]
    let shape: ExpertShape
    let activation: ExpertActivationKernel

    var readsQuantizedTokens: Bool { true }

    func gateUp(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch,
        into rows: inout ExpertRows, threads: Int
    ) {
        let width = activation.inputWidth, depth = shape.hiddenSize
        rows.accumulators.resize(dispatch.rowCount * width)
        rows.scratch.resize(threads * multiplier.scratchCount)
        let out = rows.accumulators.base, scratch = rows.scratch.base
        let x = UnsafePointer(tokens.values.base), source = UnsafePointer(dispatch.tokenOf.base)
        GroupedTiles(dispatch, outputWidth: width).forEach(threads: threads) {
            expert, tileRows, columns, worker in
            withRows(of: experts[expert].gateUp.values, columns) { weights in
                multiplier.multiply(
                    MatrixTile(
                        x: x, source: source + tileRows.lowerBound, rows: tileRows.count,
                        weights: weights, columns: columns.count, depth: depth),
                    into: out + tileRows.lowerBound * width + columns.lowerBound, stride: width,
                    scratch: scratch + worker * multiplier.scratchCount)
            }
        }
        // The operator takes one activation scale a row: its token's, times a weight on the input.
        rows.activationScale.resize(dispatch.rowCount)
        for row in 0..<dispatch.rowCount {
            rows.activationScale.base[row] = dispatch.scale(of: row, token: tokens.scale.base)
        }
    }

    func activate(_ dispatch: borrowing Dispatch, in rows: inout ExpertRows, threads: Int) {
        let width = shape.expertWidth
        rows.quantized.resize(dispatch.rowCount * width)
        rows.quantizedScale.resize(dispatch.rowCount)
        rows.scratch.resize(max(rows.scratch.count, threads * activation.scratchCount))
        let accumulators = UnsafePointer(rows.accumulators.base), scratch = rows.scratch.base
        let activationScale = UnsafePointer(rows.activationScale.base)
        let values = rows.quantized.base, scale = rows.quantizedScale.base
        forEachBlockOfRows(dispatch, threads: threads) { expert, block, worker in
            let first = block.lowerBound
            withFactors(of: experts[expert]) { factors in
                activation.run(
                    rows: block.count, accumulators: accumulators + first * activation.inputWidth,
                    stride: activation.inputWidth, activationScale: activationScale + first,
                    factors: factors, scratch: scratch + worker * activation.scratchCount,
                    values: values + first * width, valueStride: width, scale: scale + first)
            }
        }
    }

    private func withFactors(
        of expert: Expert<QuantizedMatrix>, _ body: (ExpertActivationKernel.Factors) -> Void
    ) {
        expert.gateUp.scale.withUnsafeBufferPointer { weightScale in
            withOptionalElements(of: expert.gateUpBias) { bias in
                withOptionalElements(of: expert.smooth) { smooth in
                    guard let weightScale = weightScale.baseAddress else { return }
                    body(.init(weightScale: weightScale, bias: bias, smooth: smooth))
                }
            }
        }
    }

    func down(_ dispatch: borrowing Dispatch, in rows: inout ExpertRows, threads: Int) {
        let width = shape.hiddenSize, depth = shape.expertWidth
        let tileCount = GroupedTiles.rows * GroupedTiles.columns
        rows.output.resize(dispatch.rowCount * width)
        rows.scratch.resize(threads * multiplier.scratchCount)
        rows.accumulators.resize(max(rows.accumulators.count, threads * tileCount))
        let out = rows.output.base, scratch = rows.scratch.base
        let accumulators = rows.accumulators.base
        let x = UnsafePointer(rows.quantized.base), rowScale = rows.quantizedScale.base
        GroupedTiles(dispatch, outputWidth: width).forEach(threads: threads) {
            expert, tileRows, columns, worker in
            let products = accumulators + worker * tileCount
            withRows(of: experts[expert].down.values, columns) { weights in
                multiplier.multiply(
                    MatrixTile(
                        x: x + tileRows.lowerBound * depth, source: nil, rows: tileRows.count,
                        weights: weights, columns: columns.count, depth: depth),
                    into: products, stride: columns.count,
                    scratch: scratch + worker * multiplier.scratchCount)
            }
            scale(
                products, rows: tileRows, columns: columns, of: experts[expert],
                rowScale: rowScale, into: out, width: width)
        }
    }

    /// `y = (acc * channel scale) * row scale`, plus the expert's output bias.
    private func scale(
        _ products: UnsafePointer<Int32>, rows: Range<Int>, columns: Range<Int>,
        of expert: Expert<QuantizedMatrix>, rowScale: UnsafePointer<Float>,
        into out: UnsafeMutablePointer<Float>, width: Int
    ) {
        expert.down.scale.withUnsafeBufferPointer { channelScale in
            withOptionalElements(of: expert.downBias) { bias in
                guard let channelScale = channelScale.baseAddress else { return }
                for (index, row) in rows.enumerated() {
                    RowKernels.scale(
                        products + index * columns.count, count: columns.count,
                        channelScale: channelScale + columns.lowerBound, rowScale: rowScale[row],
                        bias: bias.map { $0 + columns.lowerBound },
                        into: out + row * width + columns.lowerBound)
                }
            }
        }
    }
}

extension Int8Stages: MeasuredExperts {
    func forEachStretchOfWeights(_ body: (UnsafeRawBufferPointer) -> Void) {
        for expert in experts {
            expert.gateUp.values.elements.withUnsafeBytes(body)
            expert.down.values.elements.withUnsafeBytes(body)
        }
    }

    func planName(rows: Int, experts: Int, threads: Int) -> String { "staged" }
}
