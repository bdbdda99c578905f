/// Calls `body` for blocks of rows of one expert each, spread over threads.
func forEachBlockOfRows(
    _ dispatch: borrowing Dispatch, threads: Int,
    _ body: (_ expert: Int, _ rows: Range<Int>, _ worker: Int) -> Void
) {
    let rowsPerBlock = 16
    let offsets = UnsafePointer(dispatch.offsets.base)
    let rowCount = dispatch.rowCount, expertCount = dispatch.expertCount
    WorkerPool.shared.run(
        tiles: (rowCount + rowsPerBlock - 1) / rowsPerBlock, threads: threads
    ) { tile, worker in
        let end = min((tile + 1) * rowsPerBlock, rowCount)
        var row = tile * rowsPerBlock
        var expert = expertOf(row: row, offsets: offsets, count: expertCount)
        while row < end {
            while offsets[expert + 1] <= row { expert += 1 }
            let block = row..<min(end, offsets[expert + 1])
            body(expert, block, worker)
            row = block.upperBound
        }
    }
}

/// The expert whose rows hold `row`, by bisection.
private func expertOf(row: Int, offsets: UnsafePointer<Int>, count: Int) -> Int {
    var low = 0, high = count
    while high - low > 1 {
        let middle = (low + high) / 2
        if offsets[middle] <= row { low = middle } else { high = middle }
    }
    return low
}
