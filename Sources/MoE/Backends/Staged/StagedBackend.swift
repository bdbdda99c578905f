/// A backend that is nothing but a multiplier of tiles: the library brings the rest.
struct StagedBackend<Multiplier: TileMultiplier>: ExpertBackend {
    let name: String
    let multiplier: Multiplier

    func prepare(
        _ experts: consuming ExpertWeights, shape: ExpertShape, activation: Activation
    ) throws(MoEError) -> PreparedExperts {
        let activation = ExpertActivationKernel(
            activation: activation, width: shape.expertWidth)
        return switch experts {
        case .int8(let experts):
            .stages(
                Int8Stages(
                    multiplier: multiplier, experts: experts, shape: shape,
                    activation: activation))
        case .float(let experts):
            .stages(
                FloatStages(
                    multiplier: multiplier, experts: experts, shape: shape,
                    activation: activation))
        }
    }

    func groupedMatmul(
        _ x: Matrix<Int8>, _ weights: [Matrix<Int8>], groups: GroupIndex, threads: Int
    ) throws(MoEError) -> Matrix<Int32> {
        let outputWidth = weights.first?.rows ?? 0
        var dispatch = Dispatch(expertCount: weights.count)
        dispatch.assign(groups)
        let scratch = Buffer<Float>(count: threads * multiplier.scratchCount)
        let multiplier = multiplier, scratchBase = scratch.base
        var product = Matrix(rows: x.rows, columns: outputWidth, repeating: Int32(0))
        product.withUnsafeMutableElements { out in
            withRows(of: x, 0..<x.rows) { x in
                GroupedTiles(dispatch, outputWidth: outputWidth).forEach(threads: threads) {
                    group, rows, columns, worker in
                    let depth = weights[group].columns
                    withRows(of: weights[group], columns) { weights in
                        multiplier.multiply(
                            MatrixTile(
                                x: x + rows.lowerBound * depth, source: nil, rows: rows.count,
                                weights: weights, columns: columns.count, depth: depth),
                            into: out + rows.lowerBound * outputWidth + columns.lowerBound,
                            stride: outputWidth,
                            scratch: scratchBase + worker * multiplier.scratchCount)
                    }
                }
            }
        }
        // Both own memory that the tiles reach by pointer.
        extendLifetime(dispatch)
        extendLifetime(scratch)
        return product
    }
}
