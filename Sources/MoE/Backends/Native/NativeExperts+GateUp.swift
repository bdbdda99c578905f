internal import MoEKernels

/// Stages 4 and 5: gate·up, activation, quantisation.
extension NativeExperts {
    /// Threads share the (block of rows, gate·up panel) pairs, then the rows to quantise.
    func gateUpByColumns(
        _ dispatch: borrowing Dispatch, in rows: inout NativeRows, _ fetch: PanelFetch?,
        threads: Int
    ) {
        let width = shape.expertWidth, panels = packed.gate.count
        rows.cut(dispatch, most: NativePlan.rowsPerColumnBlock)
        rows.activated.resize(dispatch.rowCount * width)
        let inputs = GateUpInputs(&rows, rowsPerTile: NativePlan.rowsPerColumnBlock, self, threads)
        let blocks = rows.blocks.base, activated = rows.activated.base
        let tileCount = rows.blocks.count * panels
        WorkerPool.shared.run(tiles: tileCount, threads: threads) { tile, worker in
            let block = blocks[tile / panels]
            fetch?.beginGateUp(block.place, worker: worker)
            compute(
                tile % panels, of: block, inputs, worker: worker,
                into: activated + block.first * width, stride: width,
                next: tile + 1 < tileCount ? blocks[(tile + 1) / panels] : nil)
        }
        let outputs = ActivatedRows(rows, width: width)
        let rowsPerTile = dispatch.rowCount <= 64 ? 1 : 16, count = dispatch.rowCount
        WorkerPool.shared.run(
            tiles: (count + rowsPerTile - 1) / rowsPerTile, threads: threads
        ) { tile, _ in
            let first = tile * rowsPerTile
            quantize(
                activated + first * width, first: first, count: min(rowsPerTile, count - first),
                into: outputs)
        }
    }

    /// A thread takes a block of rows through all panels and quantises it while it is in cache.
    func gateUpByBlocks(
        _ dispatch: borrowing Dispatch, in rows: inout NativeRows, _ fetch: PanelFetch?,
        threads: Int
    ) {
        let width = shape.expertWidth
        rows.cut(dispatch, most: NativePlan.rowsPerBlock)
        let scratchCount = cacheLines(NativePlan.rowsPerBlock * width)
        rows.rows.resize(threads * scratchCount)
        let inputs = GateUpInputs(&rows, rowsPerTile: NativePlan.rowsPerBlock, self, threads)
        let outputs = ActivatedRows(rows, width: width)
        let blocks = rows.blocks.base, scratch = rows.rows.base, blockCount = rows.blocks.count
        WorkerPool.shared.run(tiles: blockCount, threads: threads) { tile, worker in
            let block = blocks[tile], activated = scratch + worker * scratchCount
            fetch?.beginGateUp(block.place, worker: worker)
            for panel in 0..<packed.gate.count {
                compute(
                    panel, of: block, inputs, worker: worker, into: activated, stride: width,
                    next: tile + 1 < blockCount ? blocks[tile + 1] : nil)
            }
            quantize(activated, first: block.first, count: block.count, into: outputs)
        }
    }

    /// One gate·up panel of a block of rows: its GEMM tiles, then the activation of both.
    ///
    /// `next` is the block whose first panel follows this one's last.
    private func compute(
        _ panel: Int, of block: RowBlock, _ inputs: GateUpInputs, worker: Int,
        into activated: UnsafeMutablePointer<Float>, stride: Int, next: RowBlock?
    ) {
        let layout = packed.gate, columns = layout.width(panel)
        let gate = inputs.tiles + worker * inputs.tileCount
        let up = gate + inputs.tileStride / 2
        let upPanel = UnsafePointer(packed.upPanel(panel, of: block.expert))
        let isLast = panel + 1 == layout.count
        let nextFirst = (isLast ? next : block).map {
            inputs.tile(packed.firstPanel(isLast ? 0 : panel + 1, of: $0.expert), $0)
        }
        let first = layout.firstColumn(panel)
        moe_fetch_factors(packed.gateScale(block.expert) + first, columns)
        moe_fetch_factors(packed.upScale(block.expert) + first, columns)
        if packed.isGated {
            kernel.multiply(
                rows: inputs.source + block.first, start: inputs.start + block.first,
                count: block.count, depth: layout.depth,
                panel: packed.firstPanel(panel, of: block.expert), columns: columns,
                into: gate, stride: inputs.tileStride, next: inputs.tile(upPanel, block))
        }
        kernel.multiply(
            rows: inputs.source + block.first, start: inputs.start + block.first,
            count: block.count, depth: layout.depth, panel: upPanel, columns: columns,
            into: up, stride: inputs.tileStride, next: nextFirst)
        var tile = moe_activation_tile(
            rows: block.count, columns: layout.usedWidth(panel),
            products: moe_gate_up(
                gate: gate, up: up, stride: inputs.tileStride,
                gate_scale: packed.gateScale(block.expert) + first,
                up_scale: packed.upScale(block.expert) + first,
                gate_bias: packed.gateBias(block.expert).map { UnsafePointer($0 + first) },
                up_bias: packed.upBias(block.expert).map { UnsafePointer($0 + first) },
                row_scale: inputs.scale + block.first, activation: activation),
            h: activated + first, h_stride: stride)
        kernel.expertTiles.functions.activate(&tile)
        smooth?.multiply(
            activated + first, rows: block.count, stride: stride, expert: block.expert,
            columns: first..<first + layout.usedWidth(panel), kernels: kernel.activation)
    }

    /// Quantises activated rows of one expert, and finds what their products start from.
    private func quantize(
        _ activated: UnsafePointer<Float>, first: Int, count: Int, into out: ActivatedRows
    ) {
        for row in 0..<count {
            out.scale[first + row] = quantizeRow(
                activated + row * out.width, count: out.width,
                into: out.values + (first + row) * out.width, kernels: kernel.activation)
        }
        kernel.findStarts(
            of: out.values + first * out.width, count: count, depth: out.width,
            into: out.start + first)
    }
}

/// What GEMM 1 reads, and the workers' tiles of products.
private struct GateUpInputs {
    let source: UnsafePointer<UnsafePointer<Int8>>
    let start: UnsafePointer<Int32>
    let scale: UnsafePointer<Float>
    let tiles: UnsafeMutablePointer<Int32>
    let tileCount: Int
    /// From one row of products to the next: a gate panel's, then the up panel's, whole lanes.
    let tileStride: Int

    init(_ rows: inout NativeRows, rowsPerTile: Int, _ experts: NativeExperts, _ threads: Int) {
        tileStride = 2 * cacheLines(experts.kernel.panelColumns)
        tileCount = rowsPerTile * tileStride
        rows.tiles.resize(threads * tileCount)
        source = UnsafePointer(rows.source.base)
        start = UnsafePointer(rows.sourceStart.base)
        scale = UnsafePointer(rows.sourceScale.base)
        tiles = rows.tiles.base
    }

    /// A panel and the block of rows that it is multiplied with.
    func tile(_ panel: UnsafePointer<UInt8>, _ block: RowBlock) -> GemmKernel.NextTile {
        GemmKernel.NextTile(panel: panel, rows: source + block.first, count: block.count)
    }
}

/// Where the quantised rows go.
private struct ActivatedRows {
    let values: UnsafeMutablePointer<Int8>
    let start: UnsafeMutablePointer<Int32>
    let scale: UnsafeMutablePointer<Float>
    let width: Int

    init(_ rows: borrowing NativeRows, width: Int) {
        values = rows.quantized.base
        start = rows.quantizedStart.base
        scale = rows.quantizedScale.base
        self.width = width
    }
}
