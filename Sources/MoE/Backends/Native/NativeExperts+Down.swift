internal import MoEKernels

/// Stages 6 and 7: the down-projection, and the weighted sum over a token's slots.
extension NativeExperts {
    /// Threads share the (expert, panel) pairs and keep all products, then share the sums.
    func downByRows(
        _ dispatch: borrowing Dispatch, _ sum: SlotSum, in rows: inout NativeRows, threads: Int
    ) {
        let layout = packed.down, rowCount = dispatch.rowCount
        let stride = cacheLines(kernel.panelColumns)
        rows.products.resize(layout.count * rowCount * stride)
        rows.firstRows.resize(shape.expertCount)
        for expert in 0..<shape.expertCount { rows.firstRows.base[expert] = 0 }
        let down = DownInputs(rows), products = rows.products.base
        let experts = dispatch.activeExperts, offsets = UnsafePointer(dispatch.offsets.base)
        let shift = UnsafePointer(rows.firstRows.base)
        // Runs of panels: weights of few rows come from memory, which likes long streams.
        let runs = max(1, min(layout.count, layout.byteCount / NativePlan.streamedBytes))
        WorkerPool.shared.run(tiles: experts.count * runs, threads: threads) { tile, _ in
            let expert = experts[tile / runs], run = tile % runs
            let first = offsets[expert], end = (run + 1) * layout.count / runs
            for panel in run * layout.count / runs..<end {
                multiply(
                    panel, of: expert, rows: first..<offsets[expert + 1], down,
                    into: products + (panel * rowCount + first) * stride, stride: stride,
                    next: panel + 1 < end ? (panel + 1, expert) : nil)
            }
        }
        let tokensPerTile = 16
        let blocks = (sum.tokenCount + tokensPerTile - 1) / tokensPerTile
        WorkerPool.shared.run(tiles: layout.count * blocks, threads: threads) { tile, _ in
            let panel = tile / blocks, first = tile % blocks * tokensPerTile
            add(
                panel, tokens: first..<min(first + tokensPerTile, sum.tokenCount), sum, down,
                products: products + panel * rowCount * stride, stride: stride, shift: shift)
        }
    }

    /// A thread computes a panel for all rows of a block of tokens, and sums it.
    func downByPanels(
        _ dispatch: borrowing Dispatch, _ sum: SlotSum, in rows: inout NativeRows, threads: Int
    ) {
        let layout = packed.down, experts = shape.expertCount, rowCount = dispatch.rowCount
        let stride = cacheLines(kernel.panelColumns)
        let tokensPerBlock = max(1, NativePlan.rowsPerPanel / max(sum.slots, 1))
        let blocks = (sum.tokenCount + tokensPerBlock - 1) / tokensPerBlock
        let tileCount = min(rowCount, tokensPerBlock * sum.slots) * stride
        rows.products.resize(threads * tileCount)
        rows.placeExperts(dispatch, blocks: blocks, tokensPerBlock: tokensPerBlock)
        let down = DownInputs(rows), tiles = rows.products.base
        let active = dispatch.activeExperts
        let firstRows = UnsafePointer(rows.firstRows.base)
        WorkerPool.shared.run(tiles: blocks * layout.count, threads: threads) { tile, worker in
            // All panels for one block of tokens, then for the next: its rows stay in cache,
            // while weights come from memory in time for so many rows.
            let panel = tile % layout.count, block = tile / layout.count
            let products = tiles + worker * tileCount
            // By expert: its first row in this block of tokens, in the next, and what the first
            // is above its place among the block's rows.
            let first = firstRows + block * 2 * experts, end = first + 2 * experts
            let shift = first + experts
            for (index, expert) in active.enumerated() where first[expert] < end[expert] {
                let rows = Int(first[expert])..<Int(end[expert])
                multiply(
                    panel, of: expert, rows: rows, after: blocks == 1 ? rowCount : 0, down,
                    into: products + (rows.lowerBound - Int(shift[expert])) * stride,
                    stride: stride,
                    next: index + 1 < active.count ? (panel, active[index + 1]) : nil)
            }
            let token = block * tokensPerBlock
            add(
                panel, tokens: token..<min(token + tokensPerBlock, sum.tokenCount), sum, down,
                products: products, stride: stride, shift: shift)
        }
    }

    /// Every row is an output of its own.
    func downToRows(_ dispatch: borrowing Dispatch, into rows: inout ExpertRows, threads: Int) {
        let layout = packed.down, width = shape.hiddenSize
        let stride = cacheLines(kernel.panelColumns)
        rows.output.resize(dispatch.rowCount * width)
        rows.native.cut(dispatch, most: NativePlan.rowsPerColumnBlock)
        let tileCount = NativePlan.rowsPerColumnBlock * stride
        rows.native.tiles.resize(threads * tileCount)
        let down = DownInputs(rows.native), blocks = rows.native.blocks.base
        let tiles = rows.native.tiles.base, output = rows.output.base
        WorkerPool.shared.run(
            tiles: rows.native.blocks.count * layout.count, threads: threads
        ) { tile, worker in
            let block = blocks[tile / layout.count], panel = tile % layout.count
            let products = tiles + worker * tileCount
            multiply(
                panel, of: block.expert, rows: block.first..<block.first + block.count, down,
                into: products, stride: stride,
                next: panel + 1 < layout.count ? (panel + 1, block.expert) : nil)
            let column = layout.firstColumn(panel)
            var rows = moe_output_rows(
                rows: block.count, columns: layout.usedWidth(panel), products: products,
                product_stride: stride, row_scale: down.scale + block.first,
                channel_scale: packed.downScale(block.expert) + column,
                bias: packed.downBias(block.expert).map { UnsafePointer($0 + column) },
                out: output + block.first * width + column, width: width)
            kernel.expertTiles.functions.scale_rows(&rows)
        }
    }

    private func multiply(
        _ panel: Int, of expert: Int, rows: Range<Int>, after end: Int = 0, _ down: DownInputs,
        into products: UnsafeMutablePointer<Int32>, stride: Int,
        next: (panel: Int, expert: Int)?
    ) {
        let layout = packed.down
        kernel.multiply(
            rows: down.source + rows.lowerBound, start: down.start + rows.lowerBound,
            count: rows.count, after: max(0, end - rows.upperBound), depth: layout.depth,
            panel: packed.downPanel(panel, of: expert),
            columns: layout.width(panel), into: products, stride: stride,
            next: next.map { UnsafePointer(packed.downPanel($0.panel, of: $0.expert)) },
            nextBytes: next.map { layout.bytes($0.panel) } ?? 0)
    }

    /// The weighted sum of a panel's columns for a range of tokens.
    private func add(
        _ panel: Int, tokens: Range<Int>, _ sum: SlotSum, _ down: DownInputs,
        products: UnsafePointer<Int32>, stride: Int, shift: UnsafePointer<Int64>
    ) {
        let layout = packed.down, width = shape.hiddenSize
        let column = layout.firstColumn(panel), slot = tokens.lowerBound * sum.slots
        let start = tokens.lowerBound * width + column
        var sums = moe_slot_sum(
            tokens: tokens.count, slots: sum.slots, columns: layout.usedWidth(panel),
            products: products, product_stride: stride, row_of: sum.rowOf + slot,
            expert_of: sum.expertOf + slot, row_shift: shift, row_scale: down.scale,
            channel_scale: packed.downScale(0) + column,
            bias: packed.downBias(0).map { UnsafePointer($0 + column) },
            factor_stride: packed.downStride, weights: sum.weights + slot,
            hidden: sum.hidden + start, out: sum.output + start, width: width)
        kernel.expertTiles.functions.sum_slots(&sums)
    }
}

/// What GEMM 2 reads.
private struct DownInputs {
    let source: UnsafePointer<UnsafePointer<Int8>>
    let start: UnsafePointer<Int32>
    let scale: UnsafePointer<Float>

    init(_ rows: borrowing NativeRows) {
        source = UnsafePointer(rows.quantizedSource.base)
        start = UnsafePointer(rows.quantizedStart.base)
        scale = UnsafePointer(rows.quantizedScale.base)
    }
}

extension NativeRows {
    /// Fills `firstRows` for every block of tokens.
    ///
    /// Each expert has its first row there, and what that row's number is above its place among
    /// the block's rows. Tokens ascend within an expert, so its rows of a block follow each other.
    fileprivate mutating func placeExperts(
        _ dispatch: borrowing Dispatch, blocks: Int, tokensPerBlock: Int
    ) {
        let experts = dispatch.expertCount
        firstRows.resize((blocks + 1) * 2 * experts)
        for block in 0...blocks {
            let first = firstRows.base + block * 2 * experts
            for expert in 0..<experts {
                first[expert] = Int64(
                    block == blocks
                        ? dispatch.offsets.base[expert + 1]
                        : dispatch.firstRow(of: expert, atToken: block * tokensPerBlock))
            }
        }
        for block in 0..<blocks {
            let first = firstRows.base + block * 2 * experts, end = first + 2 * experts
            var place: Int64 = 0
            for expert in 0..<experts {
                first[experts + expert] = first[expert] - place
                place += end[expert] - first[expert]
            }
        }
    }
}

extension Dispatch {
    /// The first row of an expert whose token is `token` or a later one, by bisection.
    fileprivate borrowing func firstRow(of expert: Int, atToken token: Int) -> Int {
        var low = offsets.base[expert], high = offsets.base[expert + 1]
        while low < high {
            let middle = (low + high) / 2
            if Int(tokenOf.base[middle]) < token { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
