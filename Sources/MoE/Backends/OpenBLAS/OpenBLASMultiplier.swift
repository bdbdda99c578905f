#if OpenBLAS
internal import COpenBLAS

/// OpenBLAS as a multiplier of int8: weights and activations widen tile by tile into a bounded
/// buffer, `sgemm` multiplies, and every block of depth is converted to int32 before it is added.
///
/// A product of int8 values is at most 2^14 in size, so a sum of 1024 of them stays within 2^24,
/// where float32 still holds every integer: the partial sums are exact in any order, and so is
/// the int32 sum of the blocks.
struct OpenBLASMultiplier: TileMultiplier {
    /// The depth at which float32 sums of int8 products are still exact integers.
    private static let blockDepth = 1024

    private static let xCount = GroupedTiles.rows * blockDepth
    private static let weightsCount = GroupedTiles.columns * blockDepth
    private static let outCount = GroupedTiles.rows * GroupedTiles.columns

    var scratchCount: Int { Self.xCount + Self.weightsCount + Self.outCount }

    init() {
        // The pool brings the threads; BLAS threads beside them would fight for the same cores.
        openblas_set_num_threads(1)
    }

    func multiply(
        _ tile: MatrixTile<Int8>, into out: UnsafeMutablePointer<Int32>, stride: Int,
        scratch: UnsafeMutablePointer<Float>
    ) {
        let x = scratch, weights = x + Self.xCount, products = weights + Self.weightsCount
        for start in Swift.stride(from: 0, to: tile.depth, by: Self.blockDepth) {
            let depth = min(Self.blockDepth, tile.depth - start)
            for row in 0..<tile.rows {
                RowKernels.widen(
                    rows: 1, count: depth, from: tile.row(row) + start, stride: 0,
                    into: x + row * depth, outStride: 0)
            }
            RowKernels.widen(
                rows: tile.columns, count: depth, from: tile.weights + start,
                stride: tile.depth, into: weights, outStride: depth)
            sgemm(
                rows: tile.rows, columns: tile.columns, depth: depth, x: x, weights: weights,
                weightsStride: depth, out: products, outStride: tile.columns)
            for row in 0..<tile.rows {
                RowKernels.collect(
                    products + row * tile.columns, count: tile.columns,
                    into: out + row * stride, adding: start > 0)
            }
        }
    }

    func multiply(
        _ tile: MatrixTile<Float>, into out: UnsafeMutablePointer<Float>, stride: Int,
        scratch: UnsafeMutablePointer<Float>
    ) {
        for start in Swift.stride(from: 0, to: tile.depth, by: Self.blockDepth) {
            let depth = min(Self.blockDepth, tile.depth - start)
            for row in 0..<tile.rows {
                (scratch + row * depth).update(from: tile.row(row) + start, count: depth)
            }
            sgemm(
                rows: tile.rows, columns: tile.columns, depth: depth, x: scratch,
                weights: tile.weights + start, weightsStride: tile.depth, out: out,
                outStride: stride, adding: start > 0)
        }
    }

    /// `out = x * weightsᵀ`, plus what `out` holds if `adding`.
    private func sgemm(
        rows: Int, columns: Int, depth: Int, x: UnsafePointer<Float>,
        weights: UnsafePointer<Float>, weightsStride: Int, out: UnsafeMutablePointer<Float>,
        outStride: Int, adding: Bool = false
    ) {
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns),
            blasint(depth), 1, x, blasint(depth), weights, blasint(weightsStride),
            adding ? 1 : 0, out, blasint(outStride))
    }
}
#endif
