internal import MoEKernels

/// The kernels of one token's pass and nothing else, one after the other on one thread.
///
/// What a benchmark holds a whole pass against: nothing is checked, sorted, shared by threads or
/// timed. The output has the block's bits.
package final class DecodeKernels {
    private let experts: NativeExperts
    private let packed: PackedExperts
    private let router: PreparedRouter
    private let slots: Int
    // Constant, as access to a variable of a class is checked each time, and that is no kernel.
    private let logits: Buffer<Float>
    private let chosen: Buffer<Int32>
    private let weights: Buffer<Float>
    private let token: Buffer<Int8>
    /// The token's scale, then those of the activated rows.
    private let scales: Buffer<Float>
    private let products: Buffer<Int32>
    private let activated: Buffer<Float>
    private let quantized: Buffer<Int8>
    private let rows: Buffer<Int32>
    private let rowOf: Buffer<Int32>
    private let result: Buffer<Float>

    /// The kernels of a block; nil for experts of another backend or without a gate, and for a
    /// shared expert.
    package init?(_ block: MoEBlock) {
        guard case .pass(let pass) = block.routed, let experts = pass as? NativeExperts,
            experts.smooth == nil, experts.packed.isGated, !block.hasSharedExpert
        else { return nil }
        self.experts = experts
        packed = experts.packed
        router = block.router
        slots = block.topK
        let shape = experts.shape, stride = cacheLines(experts.kernel.panelColumns)
        logits = Buffer(count: RouterSelection.scratchCount(experts: router.expertCount))
        chosen = Buffer(count: slots)
        weights = Buffer(count: slots)
        token = Buffer(count: shape.hiddenSize)
        scales = Buffer(count: 1 + slots)
        products = Buffer(count: 2 * stride)
        activated = Buffer(count: shape.expertWidth)
        quantized = Buffer(count: slots * shape.expertWidth)
        rows = Buffer(count: packed.down.count * slots * stride)
        rowOf = Buffer(count: slots)
        result = Buffer(count: shape.hiddenSize)
        for slot in 0..<slots { rowOf.base[slot] = Int32(slot) }
    }

    /// The most recent output, `[D]`.
    package var output: [Float] { result.array }

    /// Computes a token.
    ///
    /// - Parameter hidden: the token, `[D]`.
    package func run(_ hidden: Span<Float>) {
        hidden.withUnsafeBufferPointer { hidden in
            guard let x = hidden.baseAddress, hidden.count == experts.shape.hiddenSize else {
                return
            }
            router.route(
                token: x, scratch: logits.base, experts: chosen.base, weights: weights.base)
            scales.base[0] = quantizeRow(x, count: hidden.count, into: token.base)
            var start: Int32 = 0
            experts.kernel.findStarts(
                of: token.base, count: 1, depth: hidden.count, into: &start)
            // As the pass does: the gate·up panels of all experts, then their down panels.
            for slot in 0..<slots { gateUp(slot, start: start, next: self.next(slot)) }
            for slot in 0..<slots { down(slot, next: self.next(slot)) }
            sum(x)
        }
    }

    private func next(_ slot: Int) -> Int? {
        slot + 1 < slots ? Int(chosen.base[slot + 1]) : nil
    }

    /// One expert's activated row.
    private func gateUp(_ slot: Int, start: Int32, next: Int?) {
        let stride = cacheLines(experts.kernel.panelColumns)
        let expert = Int(chosen.base[slot]), width = packed.shape.expertWidth
        for panel in 0..<packed.gate.count {
            let up = packed.upPanel(panel, of: expert), last = panel + 1 == packed.gate.count
            let columns = packed.gate.width(panel), depth = packed.gate.depth
            multiply(
                token.base, start, packed.firstPanel(panel, of: expert), columns, depth,
                into: products.base, next: up)
            multiply(
                token.base, start, up, columns, depth, into: products.base + stride,
                next: last
                    ? next.map { packed.firstPanel(0, of: $0) }
                    : packed.firstPanel(panel + 1, of: expert))
            activate(expert, panel, stride: stride)
        }
        scales.base[1 + slot] = quantizeRow(
            activated.base, count: width, into: quantized.base + slot * width,
            kernels: experts.kernel.activation)
    }

    /// One expert's output row.
    private func down(_ slot: Int, next: Int?) {
        let stride = cacheLines(experts.kernel.panelColumns)
        let expert = Int(chosen.base[slot]), width = packed.shape.expertWidth
        let row = quantized.base + slot * width
        var start: Int32 = 0
        experts.kernel.findStarts(of: row, count: 1, depth: width, into: &start)
        for panel in 0..<packed.down.count {
            let out = rows.base + (panel * slots + slot) * stride
            multiply(
                row, start, packed.downPanel(panel, of: expert), packed.down.width(panel), width,
                into: out,
                next: panel + 1 == packed.down.count
                    ? next.map { packed.downPanel(0, of: $0) }
                    : packed.downPanel(panel + 1, of: expert))
            let column = packed.down.firstColumn(panel)
            var tile = moe_output_rows(
                rows: 1, columns: packed.down.width(panel), products: out, product_stride: stride,
                row_scale: scales.base + 1 + slot, channel_scale: packed.downScale(expert) + column,
                bias: packed.downBias(expert).map { UnsafePointer($0 + column) }, out: out,
                out_stride: stride)
            experts.kernel.expertTiles.functions.scale_rows(&tile)
        }
    }

    private func multiply(
        _ row: UnsafePointer<Int8>, _ start: Int32, _ panel: UnsafePointer<UInt8>, _ columns: Int,
        _ depth: Int, into out: UnsafeMutablePointer<Int32>, next: UnsafeMutablePointer<UInt8>?
    ) {
        var row = row, start = start
        experts.kernel.multiply(
            rows: &row, start: &start, count: 1, depth: depth, panel: panel, columns: columns,
            into: out, stride: cacheLines(experts.kernel.panelColumns),
            next: next.map { GemmKernel.NextTile(panel: $0) })
    }

    private func activate(_ expert: Int, _ panel: Int, stride: Int) {
        let first = packed.gate.firstColumn(panel)
        var tile = moe_activation_tile(
            rows: 1, columns: packed.gate.usedWidth(panel),
            products: moe_gate_up(
                gate: products.base, up: products.base + stride, stride: 2 * stride,
                gate_scale: packed.gateScale(expert) + first,
                up_scale: packed.upScale(expert) + first,
                gate_bias: packed.gateBias(expert).map { UnsafePointer($0 + first) },
                up_bias: packed.upBias(expert).map { UnsafePointer($0 + first) },
                row_scale: scales.base, activation: experts.activation),
            h: activated.base + first, h_stride: packed.shape.expertWidth)
        experts.kernel.expertTiles.functions.activate(&tile)
    }

    /// The weighted sum of all slots.
    private func sum(_ hidden: UnsafePointer<Float>) {
        let down = packed.down, stride = cacheLines(experts.kernel.panelColumns)
        for panel in 0..<down.count {
            let column = down.firstColumn(panel)
            var sums = moe_slot_sum(
                tokens: 1, slots: slots, columns: down.usedWidth(panel),
                rows: rows.base + panel * slots * stride, row_stride: stride,
                row_of: rowOf.base, weights: weights.base, hidden: hidden + column,
                out: result.base + column, width: experts.shape.hiddenSize)
            experts.kernel.expertTiles.functions.sum_slots(&sums)
        }
    }
}
