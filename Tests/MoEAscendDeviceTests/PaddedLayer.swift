import MoE

extension MoELayer {
    /// The same layer in sizes that the device takes.
    ///
    /// Experts get a multiple of 32 columns between the projections, and 32 hidden columns at least.
    /// What is added is 0 and changes no result. The golden blocks are narrower than any published
    /// model, which needs no padding.
    func padded() throws -> MoELayer {
        // Biases are refused whatever the sizes.
        if case .int8(let experts) = experts, experts.contains(where: { $0.gateUpBias != nil }) {
            return self
        }
        let hidden = max(32, router.weight.columns)
        var layer = self
        layer.router.weight = try router.weight.padded(rows: router.weight.rows, columns: hidden)
        layer.experts = try experts.padded(hidden: hidden)
        if let shared { layer.shared?.experts = try shared.experts.padded(hidden: hidden) }
        return layer
    }
}

extension Matrix where Element: AdditiveArithmetic {
    /// The matrix with rows and columns of zeros behind its own.
    func padded(rows: Int, columns: Int) throws -> Matrix {
        let tail = [Element](repeating: .zero, count: columns - self.columns)
        let all = (0..<self.rows).flatMap { Array(row($0)) + tail }
        return try Matrix(
            rows: rows, columns: columns,
            elements: all + [Element](repeating: .zero, count: (rows - self.rows) * columns))
    }
}

extension ExpertWeights {
    fileprivate func padded(hidden: Int) throws -> ExpertWeights {
        guard case .int8(let experts) = self else { return self }
        return .int8(try experts.map { try $0.padded(hidden: hidden) })
    }
}

extension Expert<QuantizedMatrix> {
    fileprivate func padded(hidden: Int) throws -> Self {
        let width = down.values.columns, wide = (width + 31) / 32 * 32
        // So are activations without a gate.
        guard gateUp.values.rows == 2 * width else { return self }
        let halves = try (0..<2).map { half in
            let own = half * width..<(half + 1) * width, columns = gateUp.values.columns
            return try QuantizedMatrix(
                values: Matrix(
                    rows: width, columns: columns,
                    elements: Array(
                        gateUp.values.elements[
                            own.lowerBound * columns..<own.upperBound * columns])),
                scale: Array(gateUp.scale[own])
            ).padded(rows: wide, columns: hidden)
        }
        var padded = self
        padded.gateUp = try QuantizedMatrix(
            values: Matrix(
                rows: 2 * wide, columns: hidden,
                elements: halves[0].values.elements + halves[1].values.elements),
            scale: halves[0].scale + halves[1].scale)
        padded.down = try down.padded(rows: hidden, columns: wide)
        return padded
    }
}

extension QuantizedMatrix {
    fileprivate func padded(rows: Int, columns: Int) throws -> QuantizedMatrix {
        try QuantizedMatrix(
            values: values.padded(rows: rows, columns: columns),
            scale: scale + [Float](repeating: 1, count: rows - values.rows))
    }
}
