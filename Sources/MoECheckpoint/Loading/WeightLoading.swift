internal import MoE

/// A form of weights that can be filled row by row from a checkpoint.
protocol LoadableWeights: Sendable {
    /// Reads a matrix.
    ///
    /// - Parameters:
    ///   - plan: where its rows are.
    ///   - reader: what reads them.
    ///   - loss: what quantising already quantised weights anew costs is added here.
    /// - Returns: the matrix, all of it.
    /// - Throws: what reading throws, and `tensor` for a weight that is NaN or infinite.
    static func load(
        _ plan: MatrixPlan, with reader: inout RowReader, adding loss: inout RequantizationLoss
    ) throws(CheckpointError) -> Self
}

extension QuantizedMatrix: LoadableWeights {
    /// Reads a matrix, and quantises each output channel that is not int8 as it comes.
    static func load(
        _ plan: MatrixPlan, with reader: inout RowReader, adding loss: inout RequantizationLoss
    ) throws(CheckpointError) -> QuantizedMatrix {
        var scale = [Float](repeating: 0, count: plan.rows)
        let values = try Matrix<Int8>.load(plan, with: &reader) { place, channel, slice, values in
            if let stored = channel.copy(into: values) {
                scale[place] = stored
                return true
            }
            let row = channel.floats
            guard let rowScale = WeightQuantizer.quantize(row, into: values) else { return false }
            scale[place] = rowScale
            if slice.encoding.isQuantized { loss.add(row, as: values, scale: rowScale) }
            return true
        }
        do {
            return try QuantizedMatrix(values: values, scale: scale)
        } catch {
            throw CheckpointError(.tensor, error.message)
        }
    }
}

extension Matrix<Float>: LoadableWeights {
    /// Reads a matrix as it is, widened to 32 bits; nothing is lost.
    static func load(
        _ plan: MatrixPlan, with reader: inout RowReader, adding loss: inout RequantizationLoss
    ) throws(CheckpointError) -> Matrix<Float> {
        try load(plan, with: &reader)
    }

    /// Reads a matrix as it is, widened to 32 bits.
    static func load(
        _ plan: MatrixPlan, with reader: inout RowReader
    ) throws(CheckpointError) -> Matrix<Float> {
        try load(plan, with: &reader) { _, channel, _, values in
            let row = channel.floats
            guard let start = row.baseAddress, WeightQuantizer.finiteMagnitude(of: row) != nil
            else { return false }
            values.update(from: start, count: row.count)
            return true
        }
    }
}

extension Matrix {
    /// Reads a matrix whose rows `store` writes.
    ///
    /// - Parameters:
    ///   - plan: where its rows are.
    ///   - reader: what reads them.
    ///   - store: takes a row's place in the matrix, the channel and the slice it comes from, and
    ///     where its elements go; false for a row that holds NaN or infinity.
    /// - Returns: the matrix, all of it.
    /// - Throws: what reading throws, and `tensor` for a row that `store` refuses.
    fileprivate static func load(
        _ plan: MatrixPlan, with reader: inout RowReader,
        store: (Int, StoredChannel, MatrixSlice, UnsafeMutablePointer<Element>) -> Bool
    ) throws(CheckpointError) -> Matrix {
        var failure: CheckpointError?
        let columns = plan.columns
        let matrix = Matrix(rows: plan.rows, columns: columns) { elements in
            do throws(CheckpointError) {
                var first = 0
                for slice in plan.slices {
                    try reader.forEachChannel(of: slice) { channel throws(CheckpointError) in
                        let place = plan.place(of: first + channel.index)
                        guard store(place, channel, slice, elements + place * columns) else {
                            throw slice.notFinite(row: channel.index)
                        }
                    }
                    first += slice.rows
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return matrix
    }
}

extension MatrixSlice {
    /// The error about a row that holds NaN or infinity.
    func notFinite(row: Int) -> CheckpointError {
        let place = expert.map { "expert \($0), row \(row)" } ?? "row \(row)"
        return CheckpointError(
            .tensor, "\(entry.file): \(name): \(place) holds NaN or infinity, wanted finite weights"
        )
    }
}
