/// A float matrix that rows are multiplied by: a router's logits, or another width for the experts.
///
/// Every product is summed in an order that depends on K alone: a row has the same bits in every
/// batch, for every number of threads and beside every backend.
struct LinearProjection: Sendable {
    /// N: elements of a row of products.
    let outputWidth: Int
    /// K: elements of a row.
    let inputWidth: Int
    private let weight: LinearWeight

    /// A projection by a matrix `[N, K]`.
    init(_ weight: Matrix<Float>) {
        outputWidth = weight.rows
        inputWidth = weight.columns
        self.weight = LinearWeight(weight)
    }

    /// `out[r, n] = Σ_k x[r, k] * weight[n, k]`.
    ///
    /// - Parameters:
    ///   - x: the rows, `[R, K]`.
    ///   - rows: R.
    ///   - out: receives the products, `[R, N]`.
    ///   - stride: from one row of products to the next.
    ///   - threads: how many threads may work.
    func multiply(
        _ x: UnsafePointer<Float>, rows: Int, into out: UnsafeMutablePointer<Float>, stride: Int,
        threads: Int
    ) {
        let tiles = ProjectionTiles(rows: rows, columns: outputWidth, threads: threads)
        WorkerPool.shared.run(tiles: tiles.count, threads: threads) { tile, _ in
            let (rows, columns) = tiles[tile]
            RowKernels.logits(
                tokens: rows.count, width: inputWidth, x: x + rows.lowerBound * inputWidth,
                xStride: inputWidth, weight: weight, experts: columns,
                into: out + rows.lowerBound * stride, stride: stride)
        }
    }

    /// The products of one row, `[N]`, on this thread.
    func multiply(row x: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>) {
        RowKernels.logits(
            tokens: 1, width: inputWidth, x: x, xStride: inputWidth, weight: weight,
            experts: 0..<outputWidth, into: out, stride: outputWidth)
    }
}

/// How the products of a batch are shared by threads: by rows, and by columns where rows are few.
private struct ProjectionTiles {
    let rowsPerTile = 24
    let columnsPerTile: Int
    private let rows: Int
    private let columns: Int
    private let parts: Int

    init(rows: Int, columns: Int, threads: Int) {
        self.rows = rows
        self.columns = columns
        let groups = (rows + rowsPerTile - 1) / rowsPerTile
        let wanted = groups >= 4 * threads ? 1 : min(4 * threads, max(columns / 8, 1))
        // Whole groups of the kernel's columns.
        columnsPerTile = max((columns + wanted - 1) / wanted + 3, 4) / 4 * 4
        parts = (columns + columnsPerTile - 1) / columnsPerTile
    }

    var count: Int { (rows + rowsPerTile - 1) / rowsPerTile * parts }

    subscript(tile: Int) -> (rows: Range<Int>, columns: Range<Int>) {
        let row = tile / parts * rowsPerTile, column = tile % parts * columnsPerTile
        return (
            row..<min(row + rowsPerTile, rows), column..<min(column + columnsPerTile, columns)
        )
    }
}
