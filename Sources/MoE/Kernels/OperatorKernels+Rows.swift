internal import MoEKernels

extension OperatorKernels {
    /// Columns that the kernel takes at a time.
    private static let lanes = 16

    /// Dequantises and activates a row in one go.
    ///
    /// - Parameters:
    ///   - products: rows of products; nothing past their columns is read.
    ///   - row: which row.
    ///   - columns: H.
    ///   - scratch: 2H floats; the activated row goes to the first half of them.
    func activate(
        _ products: moe_gate_up, row: Int, columns: Int, scratch: UnsafeMutablePointer<Float>
    ) {
        guard columns >= Self.lanes else {
            return activateNarrow(products, row: row, columns: columns, scratch: scratch)
        }
        let whole = columns / Self.lanes * Self.lanes
        activate(products, row: row, 0..<whole, into: scratch)
        // The last columns together with some before them.
        if whole < columns {
            activate(products, row: row, columns - Self.lanes..<columns, into: scratch)
        }
    }

    private func activate(
        _ products: moe_gate_up, row: Int, _ columns: Range<Int>,
        into result: UnsafeMutablePointer<Float>
    ) {
        let first = columns.lowerBound, place = row * products.stride + first
        var tile = moe_activation_tile(
            rows: 1, columns: columns.count,
            products: moe_gate_up(
                gate: products.gate + place, up: products.up + place, stride: 0,
                gate_scale: products.gate_scale + first, up_scale: products.up_scale + first,
                gate_bias: products.gate_bias.map { $0 + first },
                up_bias: products.up_bias.map { $0 + first },
                row_scale: products.row_scale.map { $0 + row }, activation: products.activation),
            h: result + first, h_stride: 0)
        table.tiles.activate(&tile)
    }

    private func activateNarrow(
        _ products: moe_gate_up, row: Int, columns: Int, scratch: UnsafeMutablePointer<Float>
    ) {
        let count = Int64(columns), up = scratch + columns, functions = table.functions
        let place = row * products.stride, scale = products.row_scale?[row] ?? 1
        functions.dequantize(
            count, 1, products.gate + place, products.gate_scale, scale, nil, products.gate_bias,
            scratch)
        functions.dequantize(
            count, 1, products.up + place, products.up_scale, scale, nil, products.up_bias, up)
        functions.activate(count, products.activation, scratch, up, scratch)
    }
}
