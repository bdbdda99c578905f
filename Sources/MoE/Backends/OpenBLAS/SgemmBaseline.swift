#if OpenBLAS
internal import COpenBLAS

/// OpenBLAS on its own, with its own threads: what benchmarks compare a block with.
package enum SgemmBaseline {
    /// `out = x * weightsᵀ` in float32: `x` is `[rows, depth]`, `weights` `[columns, depth]`.
    ///
    /// No block may compute meanwhile: the library's number of threads is one for the process.
    package static func multiply(
        _ x: [Float], rows: Int, by weights: ArraySlice<Float>, columns: Int,
        into out: inout [Float], threads: Int
    ) {
        let depth = columns > 0 ? weights.count / columns : 0
        precondition(x.count >= rows * depth && out.count >= rows * columns)
        openblas_set_num_threads(Int32(threads))
        defer { openblas_set_num_threads(1) }
        x.withUnsafeBufferPointer { x in
            weights.withUnsafeBufferPointer { weights in
                out.withUnsafeMutableBufferPointer { out in
                    cblas_sgemm(
                        CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns),
                        blasint(depth), 1, x.baseAddress, blasint(depth), weights.baseAddress,
                        blasint(depth), 0, out.baseAddress, blasint(columns))
                }
            }
        }
    }
}
#endif
