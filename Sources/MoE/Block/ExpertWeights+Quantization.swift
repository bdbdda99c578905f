extension ExpertWeights {
    /// Float experts as int8 ones, every output channel with its own scale.
    ///
    /// `scale = max|w| / 127` and `q = rint(w / scale)`, as weights are quantised while they load.
    /// With smooth factors f the down-projection is folded first, `w[d, h] / f[h]`, and every
    /// activated row is multiplied by f before it is quantised: the product is the same, but
    /// outliers of the activation move into the weights, or the other way round.
    ///
    /// - Parameter smooth: f, one row per expert, `[E, H]`, above 0; nil for none.
    /// - Returns: int8 experts.
    /// - Throws: `configuration` for experts that are int8 already, `shape` for factors of another
    ///   shape, `value` for a factor that is not above 0 and for a weight that is not finite.
    public func quantized(smooth: Matrix<Float>? = nil) throws(MoEError) -> ExpertWeights {
        guard case .float(let experts) = self else {
            throw MoEError(.configuration, "experts: int8 already, wanted float experts")
        }
        guard smooth.map({ $0.rows == experts.count }) ?? true else {
            throw MoEError(
                .shape,
                "smooth factors: \(smooth?.shapeText ?? ""), wanted one row for each of "
                    + "\(experts.count) experts")
        }
        var quantized: [Expert<QuantizedMatrix>] = []
        quantized.reserveCapacity(experts.count)
        for (index, expert) in experts.enumerated() {
            let name = "experts[\(index)]", factors = smooth.map { Array($0.row(index)) }
            try Self.check(smooth: factors, of: name, width: expert.down.columns)
            quantized.append(
                Expert(
                    gateUp: try QuantizedMatrix(quantizing: expert.gateUp, name: name),
                    down: try QuantizedMatrix(
                        quantizing: expert.down, dividingColumnsBy: factors, name: name),
                    gateUpBias: expert.gateUpBias, downBias: expert.downBias, smooth: factors))
        }
        return .int8(quantized)
    }
}

extension QuantizedMatrix {
    /// Quantises every row of a matrix, divided by a factor per column where there are any.
    fileprivate init(
        quantizing matrix: Matrix<Float>, dividingColumnsBy factors: [Float]? = nil, name: String
    ) throws(MoEError) {
        let columns = matrix.columns
        var row = [Float](repeating: 0, count: columns)
        var scale = [Float](repeating: 0, count: matrix.rows)
        let values = Matrix<Int8>(rows: matrix.rows, columns: columns) { values in
            for index in 0..<matrix.rows {
                for (column, weight) in matrix.row(index).enumerated() {
                    row[column] = factors.map { weight / $0[column] } ?? weight
                }
                scale[index] = row.withUnsafeBufferPointer {
                    guard let row = $0.baseAddress else { return 0 }
                    return quantizeRow(row, count: columns, into: values + index * columns)
                }
            }
        }
        // The quantiser tells a row that is not finite by its scale.
        if let row = scale.firstIndex(where: { !$0.isFinite }) {
            throw MoEError(
                .value, "\(name): row \(row) holds NaN or infinity, wanted finite weights")
        }
        try self.init(values: values, scale: scale)
    }
}
