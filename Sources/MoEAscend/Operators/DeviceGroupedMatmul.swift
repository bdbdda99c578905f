internal import MoE

extension AscendDevice {
    /// A grouped int8 GEMM on its own; see ``AscendBackend/groupedMatmul(_:_:groups:threads:)``.
    func groupedMatmul(
        _ x: Matrix<Int8>, _ weights: [Matrix<Int8>], groups: GroupIndex
    ) throws(AscendError) -> Matrix<Int32> {
        let rows = groups.rowCount, depth = x.columns, columns = weights.first?.rows ?? 0
        guard rows > 0, depth > 0, columns > 0 else {
            return Matrix(rows: x.rows, columns: columns, repeating: 0)
        }
        try DeviceLimits.checkProduct(
            experts: weights.count, depth: depth, columns: columns, format: options.weightFormat)
        try DeviceLimits.checkElements(rows, max(depth, columns), "a matrix")
        let products = try perform { session throws(AscendError) -> [Int32] in
            let matrices = try WeightUpload(session).matrices(weights, [depth, columns], "weights")
            var places = TensorPlaces()
            let input = places.place(.int8, rows * depth)
            let counts = places.place(.int64, weights.count)
            let out = places.place(.int32, rows * columns)
            let memory = try session.activations(places.byteCount)
            try session.write(Array(x.elements.prefix(rows * depth)), to: memory + input)
            try session.write(groups.counts, to: memory + counts)
            let stage = try GroupedMatmulStage(
                x: memory + input, weights: matrices, counts: memory + counts,
                size: (rows, depth, columns, weights.count), scales: nil, out: memory + out,
                session)
            try session.complete { () throws(AscendError) in try stage.enqueue(on: session) }
            return try session.read(rows * columns, from: memory + out)
        }
        let rest = [Int32](repeating: 0, count: (x.rows - rows) * columns)
        return Matrix(rows: x.rows, columns: columns, unchecked: products + rest)
    }
}
