/// The memory of native passes: what is known of every row, and intermediates that outlive a tile.
struct NativeRows: ~Copyable {
    /// What the products of every token start from, `[T]`.
    var tokenStart = Buffer<Int32>()
    /// GEMM 1 of every row: where its activations lie, what its products start from, its scale.
    var source = Buffer<UnsafePointer<Int8>>()
    var sourceStart = Buffer<Int32>()
    var sourceScale = Buffer<Float>()
    /// The activated rows, `[R, H]`, where their columns are computed by several threads.
    var activated = Buffer<Float>()
    /// The quantised rows, `[R, H]`: GEMM 2 reads them through pointers as GEMM 1 does.
    var quantized = Buffer<Int8>()
    var quantizedSource = Buffer<UnsafePointer<Int8>>()
    var quantizedStart = Buffer<Int32>()
    var quantizedScale = Buffer<Float>()
    /// The products of GEMM 2, then the rows that they become, panel by panel.
    var products = Buffer<Int32>()
    /// Rows that are computed together.
    var blocks = Buffer<RowBlock>()
    /// Where the rows of each active expert begin in every part of the tokens, `[parts + 1, A]`.
    var firstRows = Buffer<Int>()
    /// The place of every slot's row in its block of tokens, `[T, k]`; -1 for the token itself.
    var places = Buffer<Int32>()
    /// By expert, what the number of a row is above its place in the block.
    var shift = Buffer<Int>()
    /// The step of reading panels from disk that each worker has begun.
    var begunSteps = Buffer<Int>()
    /// What a worker needs for one tile, workers after one another.
    var tiles = Buffer<Int32>()
    var rows = Buffer<Float>()
}

/// Consecutive rows of one expert.
struct RowBlock: BitwiseCopyable {
    var expert: Int
    /// The expert's place among those that have rows.
    var place: Int
    var first: Int
    var count: Int
}

extension NativeRows {
    /// Lists where every row of GEMM 1 lies, what its products start from and its scale.
    mutating func gather(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch, kernel: GemmKernel,
        threads: Int
    ) {
        let width = tokens.width, tokensPerTile = 64, count = tokens.count
        tokenStart.resize(count)
        let start = tokenStart.base, values = UnsafePointer(tokens.values.base)
        WorkerPool.shared.run(
            tiles: (count + tokensPerTile - 1) / tokensPerTile, threads: threads
        ) { tile, _ in
            let first = tile * tokensPerTile
            kernel.findStarts(
                of: values + first * width, count: min(tokensPerTile, count - first),
                depth: width, into: start + first)
        }
        source.resize(dispatch.rowCount)
        sourceStart.resize(dispatch.rowCount)
        sourceScale.resize(dispatch.rowCount)
        for row in 0..<dispatch.rowCount {
            let token = Int(dispatch.tokenOf.base[row])
            source.base[row] = values + token * width
            sourceStart.base[row] = start[token]
            sourceScale.base[row] = dispatch.scale(of: row, token: tokens.scale.base)
        }
    }

    /// Makes room for the quantised rows.
    mutating func resizeQuantized(rows: Int, width: Int) {
        quantized.resize(rows * width)
        quantizedSource.resize(rows)
        quantizedStart.resize(rows)
        quantizedScale.resize(rows)
        for row in 0..<rows {
            quantizedSource.base[row] = UnsafePointer(quantized.base + row * width)
        }
    }

    /// Cuts every expert's rows evenly into blocks of at most `most` rows.
    mutating func cut(_ dispatch: borrowing Dispatch, most: Int) {
        let active = dispatch.activeExperts
        blocks.resize(active.count + dispatch.rowCount / most)
        var count = 0
        for (place, expert) in active.enumerated() {
            var first = dispatch.offsets.base[expert]
            let end = dispatch.offsets.base[expert + 1]
            var left = (end - first + most - 1) / most
            while left > 0 {
                let rows = (end - first + left - 1) / left
                blocks.base[count] = RowBlock(
                    expert: expert, place: place, first: first, count: rows)
                count += 1
                first += rows
                left -= 1
            }
        }
        blocks.resize(count)
    }
}
