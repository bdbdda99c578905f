/// A grouped GEMM whose weights are not packed: every panel is packed where it is multiplied.
struct NativeGroupedMatmul: ~Copyable {
    private let x: Matrix<Int8>
    private let weights: [Matrix<Int8>]
    private let kernel: GemmKernel
    private let layout: PanelLayout
    private var dispatch: Dispatch
    private var rows = NativeRows()

    private static let rowsPerTile = 128

    init(_ x: Matrix<Int8>, _ weights: [Matrix<Int8>], groups: GroupIndex, kernel: GemmKernel) {
        self.x = x
        self.weights = weights
        self.kernel = kernel
        layout = PanelLayout(
            columns: weights.first?.rows ?? 0, depth: x.columns, kernel: kernel)
        dispatch = Dispatch(expertCount: weights.count)
        dispatch.assign(groups)
    }

    /// The exact products, `[R, N]`; rows without a group are 0.
    consuming func product(threads: Int) -> Matrix<Int32> {
        var product = Matrix(rows: x.rows, columns: layout.columns, repeating: Int32(0))
        let stride = cacheLines(layout.panelColumns)
        let panelWords = cacheLines(layout.panelBytes / MemoryLayout<Int32>.stride)
        let scratchCount = panelWords + Self.rowsPerTile * stride
        rows.tiles.resize(threads * scratchCount)
        rows.source.resize(x.rows)
        rows.sourceStart.resize(x.rows)
        let source = rows.source.base, start = rows.sourceStart.base, scratch = rows.tiles.base
        let groups = dispatch.activeExperts, offsets = UnsafePointer(dispatch.offsets.base)
        let x = x, weights = weights, kernel = kernel, layout = layout
        withRows(of: x, 0..<x.rows) { first in
            for row in 0..<x.rows { source[row] = first + row * layout.depth }
            kernel.findStarts(of: first, count: x.rows, depth: layout.depth, into: start)
            product.withUnsafeMutableElements { out in
                WorkerPool.shared.run(
                    tiles: groups.count * layout.count, threads: threads
                ) { tile, worker in
                    let group = groups[tile / layout.count], panel = tile % layout.count
                    let products = scratch + worker * scratchCount
                    let packed = UnsafeMutableRawPointer(products + Self.rowsPerTile * stride)
                        .assumingMemoryBound(to: UInt8.self)
                    let column = layout.firstColumn(panel), used = layout.usedWidth(panel)
                    withRows(of: weights[group], column..<column + used) { weights in
                        kernel.pack(
                            used: used, columns: layout.width(panel), depth: layout.depth,
                            weights: weights, into: packed)
                    }
                    let end = offsets[group + 1]
                    for row in Swift.stride(from: offsets[group], to: end, by: Self.rowsPerTile) {
                        let count = min(Self.rowsPerTile, end - row)
                        kernel.multiply(
                            rows: source + row, start: start + row, count: count,
                            depth: layout.depth, panel: packed, columns: layout.width(panel),
                            into: products, stride: stride)
                        for index in 0..<count {
                            (out + (row + index) * layout.columns + column)
                                .update(from: products + index * stride, count: used)
                        }
                    }
                }
            }
        }
        extendLifetime(rows)
        extendLifetime(dispatch)
        return product
    }
}
