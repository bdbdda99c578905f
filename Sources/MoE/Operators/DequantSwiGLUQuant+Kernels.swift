internal import MoEKernels

/// Dequantises, activates and quantises rows: Ascend's `npu_dequant_swiglu_quant`.
///
/// Every operation is rounded once to float32 in the operator's order; only the exponential may
/// be one unit in the last place away from ``dequantSwiGLUQuantReference(_:)``, which can move an
/// integer by 1 where its quotient is next to a tie. A row's result depends on no other row.
///
/// - Parameters:
///   - call: the input and the options.
///   - backend: what computes it; nil for this library's kernels.
///   - threads: the most threads to use; nil for one per processor. The result is the same.
/// - Returns: `values` `[T, H]` and `scale` `[T]`; rows past the groups are 0 with scale 0.
/// - Throws: what ``DequantSwiGLUQuant/validate()`` throws; `unsupported` and what else a backend
///   reports.
public func dequantSwiGLUQuant(
    _ call: DequantSwiGLUQuant, backend: (any ExpertBackend)? = nil, threads: Int? = nil
) throws(MoEError) -> QuantizedRows {
    guard let backend else {
        return try dequantSwiGLUQuant(call, threads: threads, kernels: .chosen)
    }
    return try backend.dequantSwiGLUQuant(call, threads: WorkerPool.threadCount(threads))
}

/// The operator with the kernels of a given instruction set.
package func dequantSwiGLUQuant(
    _ call: DequantSwiGLUQuant, threads: Int? = nil, kernels: OperatorKernels
) throws(MoEError) -> QuantizedRows {
    try call.validate()
    let tokenCount = call.tokenCount
    let rowsPerTile = 16
    let runs = call.groupedRows
    var scale = [Float](repeating: 0, count: tokenCount)
    let values = Matrix<Int8>(rows: tokenCount, columns: call.hiddenSize) { values in
        scale.withUnsafeMutableBufferPointer { scale in
            WorkerPool.shared.run(
                tiles: (tokenCount + rowsPerTile - 1) / rowsPerTile,
                threads: WorkerPool.threadCount(threads)
            ) { tile, _ in
                let first = tile * rowsPerTile
                call.run(
                    rows: first..<min(first + rowsPerTile, tokenCount), of: runs,
                    kernels: kernels, values: values, scale: scale)
            }
        }
    }
    return QuantizedRows(values: values, unchecked: scale)
}

extension DequantSwiGLUQuant {
    /// Computes a range of the rows of a validated call.
    ///
    /// - Parameters:
    ///   - rows: which rows.
    ///   - runs: the runs of rows that have a group, ``groupedRows``.
    ///   - kernels: the kernels to use.
    ///   - values: the whole result, `[T, H]`; the given rows of it are written.
    ///   - scale: the scales of the whole result, `[T]`; the given rows of it are written.
    fileprivate func run(
        rows: Range<Int>, of runs: [(rows: Range<Int>, group: Int)], kernels: OperatorKernels,
        values: UnsafeMutablePointer<Int8>, scale: UnsafeMutableBufferPointer<Float>
    ) {
        let width = hiddenSize
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * width) { scratch in
            guard let scratch = scratch.baseAddress, let scale = scale.baseAddress else { return }
            let pipeline = RowPipeline(
                call: self, kernels: kernels, scratch: scratch, values: values, scale: scale)
            for (run, group) in runs {
                let rows = run.clamped(to: rows)
                if !rows.isEmpty { pipeline.run(rows, group: group) }
            }
        }
        for row in rows.clamped(to: (groups?.rowCount ?? tokenCount)..<tokenCount) {
            (values + row * width).update(repeating: 0, count: width)
            scale[row] = 0
        }
    }
}
