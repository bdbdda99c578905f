internal import MoEKernels

/// Stages 6 and 7: the down-projection, and the weighted sum over a token's slots.
extension NativeExperts {
    /// Threads share the panels of all experts and keep all rows, then share the sums.
    func downByRows(
        _ dispatch: borrowing Dispatch, _ sum: SlotSum, in rows: inout NativeRows,
        _ fetch: PanelFetch?, threads: Int
    ) {
        let panels = packed.down.count, rowCount = dispatch.rowCount
        let stride = cacheLines(kernel.panelColumns)
        rows.products.resize(panels * rowCount * stride)
        let down = DownInputs(rows), products = rows.products.base
        let experts = dispatch.activeExperts, offsets = UnsafePointer(dispatch.offsets.base)
        let panelsPerTile = packed.down.panelsPerTile(experts: experts.count, threads: threads)
        let parts = (panels + panelsPerTile - 1) / panelsPerTile
        WorkerPool.shared.run(tiles: experts.count * parts, threads: threads) { tile, worker in
            let (place, part) = tile.quotientAndRemainder(dividingBy: parts)
            let expert = experts[place], rows = offsets[expert]..<offsets[expert + 1]
            fetch?.beginDown(place, worker: worker)
            for panel in part * panelsPerTile..<min((part + 1) * panelsPerTile, panels) {
                var next: GemmKernel.NextTile?
                if panel + 1 < panels {
                    next = self.tile(panel + 1, of: expert, rows: rows, down)
                } else if place + 1 < experts.count {
                    let expert = experts[place + 1]
                    next = self.tile(
                        0, of: expert, rows: offsets[expert]..<offsets[expert + 1], down)
                }
                compute(
                    panel, of: expert, rows: rows, down,
                    into: products + (panel * rowCount + rows.lowerBound) * stride,
                    stride: stride, next: next)
            }
        }
        let tokensPerTile = 16, rowOf = sum.rowOf
        let blocks = (sum.tokenCount + tokensPerTile - 1) / tokensPerTile
        WorkerPool.shared.run(tiles: panels * blocks, threads: threads) { tile, _ in
            let panel = tile / blocks, first = tile % blocks * tokensPerTile
            add(
                panel, tokens: first..<min(first + tokensPerTile, sum.tokenCount), sum,
                rows: products + panel * rowCount * stride, stride: stride, rowOf: rowOf)
        }
    }

    /// A thread computes a panel for all rows of a block of tokens, and sums it.
    func downByPanels(
        _ dispatch: borrowing Dispatch, _ sum: SlotSum, in rows: inout NativeRows,
        _ fetch: PanelFetch?, threads: Int
    ) {
        let stride = cacheLines(kernel.panelColumns)
        let blocks = TokenBlocks(
            tokens: sum.tokenCount, slots: sum.slots,
            rows: NativePlan.rowsPerPanel(experts: dispatch.activeExperts.count),
            panels: packed.down.count, threads: threads)
        let tileCount = min(dispatch.rowCount, blocks.tokensPerBlock * sum.slots) * stride
        rows.products.resize(threads * tileCount)
        rows.place(dispatch, sum, in: blocks)
        fetch?.beginDown()
        let down = DownInputs(rows), tiles = rows.products.base
        let experts = dispatch.activeExperts, firstRows = UnsafePointer(rows.firstRows.base)
        let places = UnsafePointer(rows.places.base)
        WorkerPool.shared.run(tiles: blocks.tileCount, threads: threads) { tile, worker in
            let (panel, block, parts) = blocks[tile], products = tiles + worker * tileCount
            let first = firstRows + parts.lowerBound * experts.count
            let end = firstRows + parts.upperBound * experts.count
            let blockFirst = firstRows + blocks.parts(of: block).lowerBound * experts.count
            let blockEnd = firstRows + blocks.parts(of: block).upperBound * experts.count
            var place = 0
            for (index, expert) in experts.enumerated() {
                let rows = first[index]..<end[index]
                if !rows.isEmpty {
                    let isLast = index + 1 == experts.count, next = isLast ? 0 : index + 1
                    compute(
                        panel, of: expert, rows: rows, down,
                        into: products + (place + rows.lowerBound - blockFirst[index]) * stride,
                        stride: stride,
                        next: self.tile(
                            isLast ? blocks[tile + 1].panel : panel, of: experts[next],
                            rows: first[next]..<end[next], down))
                }
                place += blockEnd[index] - blockFirst[index]
            }
            let tokens =
                blocks.firstToken(
                    ofPart: parts.lowerBound)..<blocks.firstToken(ofPart: parts.upperBound)
            add(panel, tokens: tokens, sum, rows: products, stride: stride, rowOf: places)
        }
    }

    /// Every row is an output of its own.
    func downToRows(
        _ dispatch: borrowing Dispatch, into rows: inout ExpertRows, _ fetch: PanelFetch?,
        threads: Int
    ) {
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
            let rows = block.first..<block.first + block.count
            fetch?.beginDown(block.place, worker: worker)
            multiply(
                panel, of: block.expert, rows: rows, down, into: products, stride: stride,
                next: panel + 1 < layout.count
                    ? self.tile(panel + 1, of: block.expert, rows: rows, down) : nil)
            scale(
                panel, of: block.expert, rows: rows, columns: layout.usedWidth(panel), down,
                products, stride: stride,
                into: output + block.first * width + layout.firstColumn(panel), width)
        }
    }

    /// A panel of output rows, in the memory of their products.
    private func compute(
        _ panel: Int, of expert: Int, rows: Range<Int>, _ down: DownInputs,
        into products: UnsafeMutablePointer<Int32>, stride: Int, next: GemmKernel.NextTile?
    ) {
        multiply(
            panel, of: expert, rows: rows, down, into: products, stride: stride, next: next)
        scale(
            panel, of: expert, rows: rows, columns: packed.down.width(panel), down, products,
            stride: stride, into: products, stride)
    }

    private func multiply(
        _ panel: Int, of expert: Int, rows: Range<Int>, _ down: DownInputs,
        into products: UnsafeMutablePointer<Int32>, stride: Int, next: GemmKernel.NextTile?
    ) {
        moe_fetch_factors(
            packed.downScale(expert) + packed.down.firstColumn(panel), packed.down.width(panel))
        kernel.multiply(
            rows: down.source + rows.lowerBound, start: down.start + rows.lowerBound,
            count: rows.count, depth: packed.down.depth,
            panel: packed.downPanel(panel, of: expert), columns: packed.down.width(panel),
            into: products, stride: stride, next: next)
    }

    /// A panel of an expert and the rows that it is multiplied with.
    private func tile(
        _ panel: Int, of expert: Int, rows: Range<Int>, _ down: DownInputs
    ) -> GemmKernel.NextTile {
        GemmKernel.NextTile(
            panel: packed.downPanel(panel, of: expert), rows: down.source + rows.lowerBound,
            count: rows.count)
    }

    /// Products of a panel to floats.
    private func scale(
        _ panel: Int, of expert: Int, rows: Range<Int>, columns: Int, _ down: DownInputs,
        _ products: UnsafePointer<Int32>, stride: Int,
        into out: UnsafeMutableRawPointer, _ outStride: Int
    ) {
        let column = packed.down.firstColumn(panel)
        var rows = moe_output_rows(
            rows: rows.count, columns: columns, products: products, product_stride: stride,
            row_scale: down.scale + rows.lowerBound,
            channel_scale: packed.downScale(expert) + column,
            bias: packed.downBias(expert).map { UnsafePointer($0 + column) },
            out: out, out_stride: outStride)
        kernel.expertTiles.functions.scale_rows(&rows)
    }

    /// The weighted sum of a panel's columns for a range of tokens.
    private func add(
        _ panel: Int, tokens: Range<Int>, _ sum: SlotSum, rows: UnsafeRawPointer, stride: Int,
        rowOf: UnsafePointer<Int32>
    ) {
        let width = shape.hiddenSize, slot = tokens.lowerBound * sum.slots
        let start = tokens.lowerBound * width + packed.down.firstColumn(panel)
        var sums = moe_slot_sum(
            tokens: tokens.count, slots: sum.slots, columns: packed.down.usedWidth(panel),
            rows: rows, row_stride: stride, row_of: rowOf + slot, weights: sum.weights + slot,
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
