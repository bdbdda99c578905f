internal import MoEKernels

/// One row of products between the two GEMMs: gate columns, up columns and their factors.
struct ProductRow {
    /// H.
    let count: Int
    /// `[H]` each; without a gate nothing of it is read.
    let gate: UnsafePointer<Int32>
    let up: UnsafePointer<Int32>
    let gateScale: UnsafePointer<Float>
    let upScale: UnsafePointer<Float>
    /// `[H]` each, both or neither.
    let gateBias: UnsafePointer<Float>?
    let upBias: UnsafePointer<Float>?
    /// The row's own factor.
    let scale: Float
}

extension OperatorKernels {
    /// Columns that the kernel takes at a time.
    private static let lanes = 16
    /// Products that are fetched before they are read: 8 KB, of this row or of those behind it.
    private static let productsAhead = 2048

    /// Dequantises and activates a row in one go: products come from memory while those before
    /// them are computed with.
    ///
    /// - Parameters:
    ///   - row: the products.
    ///   - activation: the activation.
    ///   - scratch: 2H floats for rows of fewer columns than a kernel takes at a time.
    ///   - result: where the activated row goes, `[H]`; may be the scratch memory's first half.
    func activate(
        _ row: ProductRow, _ activation: moe_activation, scratch: UnsafeMutablePointer<Float>,
        into result: UnsafeMutablePointer<Float>
    ) {
        guard row.count >= Self.lanes else {
            return activateNarrow(row, activation, scratch: scratch, into: result)
        }
        activate(row, 0..<row.count / Self.lanes * Self.lanes, activation, into: result)
        // The last columns together with some before them: nothing past the row may be read.
        if row.count % Self.lanes > 0 {
            activate(row, row.count - Self.lanes..<row.count, activation, into: result)
        }
    }

    private func activate(
        _ row: ProductRow, _ columns: Range<Int>, _ activation: moe_activation,
        into result: UnsafeMutablePointer<Float>
    ) {
        let first = columns.lowerBound
        withUnsafePointer(to: row.scale) { scale in
            var tile = moe_activation_tile(
                rows: 1, columns: columns.count, gate: row.gate + first, up: row.up + first,
                stride: 0, ahead: Self.productsAhead, gate_scale: row.gateScale + first,
                up_scale: row.upScale + first,
                gate_bias: row.gateBias.map { $0 + first }, up_bias: row.upBias.map { $0 + first },
                row_scale: scale, activation: activation, h: result + first, h_stride: 0)
            table.tiles.activate(&tile)
        }
    }

    private func activateNarrow(
        _ row: ProductRow, _ activation: moe_activation, scratch: UnsafeMutablePointer<Float>,
        into result: UnsafeMutablePointer<Float>
    ) {
        let count = Int64(row.count), up = scratch + row.count, functions = table.functions
        if activation.kind != MOE_SQUARED_RELU {
            functions.dequantize(
                count, 1, row.gate, row.gateScale, row.scale, nil, row.gateBias, scratch)
        }
        functions.dequantize(count, 1, row.up, row.upScale, row.scale, nil, row.upBias, up)
        functions.activate(count, activation, scratch, up, result)
    }
}
