/// How a grouped GEMM is cut into tiles: per active group, blocks of output columns.
///
/// The cut depends on the shape alone, never on the number of threads.
struct GroupedTiles {
    /// Output columns of a tile: with 1024 float32 of depth, half a megabyte of widened weights.
    static let columns = 128
    /// Rows that are computed at once; a tile of more rows goes on in blocks of this many.
    static let rows = 256

    let offsets: UnsafePointer<Int>
    let activeGroups: UnsafeBufferPointer<Int>
    let outputWidth: Int

    private var tilesPerGroup: Int { (outputWidth + Self.columns - 1) / Self.columns }

    /// The tiles of a dispatch's rows for matrices of `outputWidth` output columns.
    init(_ dispatch: borrowing Dispatch, outputWidth: Int) {
        self.offsets = UnsafePointer(dispatch.offsets.base)
        self.activeGroups = dispatch.activeExperts
        self.outputWidth = outputWidth
    }

    /// Calls `body` for every (group, block of columns, block of rows), the tiles spread over threads.
    func forEach(
        threads: Int,
        _ body: (_ group: Int, _ rows: Range<Int>, _ columns: Range<Int>, _ worker: Int) -> Void
    ) {
        let perGroup = tilesPerGroup
        WorkerPool.shared.run(tiles: activeGroups.count * perGroup, threads: threads) {
            tile, worker in
            let group = activeGroups[tile / perGroup]
            let column = tile % perGroup * Self.columns
            let columns = column..<min(column + Self.columns, outputWidth)
            for row in stride(from: offsets[group], to: offsets[group + 1], by: Self.rows) {
                body(group, row..<min(row + Self.rows, offsets[group + 1]), columns, worker)
            }
        }
    }
}
