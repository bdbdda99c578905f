/// Where an int8 matrix `[K, N]` lies in blocks of 16 × 32, CANN's FRACTAL_NZ.
///
/// Storage is `(N / 32, K / 16, 16, 32)`: blocks of 512 bytes, those of 32 columns after one
/// another, and in a block row after row. Sizes are rounded up, cells outside the matrix are 0.
package struct FractalLayout {
    /// Rows of a block, along K.
    static let blockRows = 16
    /// Columns of a block, along N.
    static let blockColumns = 32
    private static let blockSize = blockRows * blockColumns

    /// K: the depth of the product.
    package let depth: Int
    /// N: the output columns.
    package let columns: Int

    /// The layout of a matrix `[depth, columns]`.
    package init(depth: Int, columns: Int) {
        self.depth = depth
        self.columns = columns
    }

    private var rowBlocks: Int { (depth + Self.blockRows - 1) / Self.blockRows }
    private var columnBlocks: Int { (columns + Self.blockColumns - 1) / Self.blockColumns }

    /// Bytes of a matrix.
    package var byteCount: Int { columnBlocks * rowBlocks * Self.blockSize }

    /// The dimensions of the memory of so many matrices.
    package func storage(matrices: Int) -> [Int] {
        [matrices, columnBlocks, rowBlocks, Self.blockRows, Self.blockColumns]
    }

    /// Where an element of the first matrix lies.
    ///
    /// - Parameters:
    ///   - row: k.
    ///   - column: n.
    /// - Returns: its place, in bytes.
    package func offset(row: Int, column: Int) -> Int {
        let block = column / Self.blockColumns * rowBlocks + row / Self.blockRows
        return block * Self.blockSize
            + row % Self.blockRows * Self.blockColumns + column % Self.blockColumns
    }

    /// Brings a matrix into blocks.
    ///
    /// - Parameters:
    ///   - weights: the matrix as checkpoints have it, an output column a row: `[N, K]`.
    ///   - blocks: receives the blocks, `byteCount` bytes.
    package func convert(_ weights: UnsafePointer<Int8>, into blocks: UnsafeMutablePointer<Int8>) {
        if depth % Self.blockRows != 0 || columns % Self.blockColumns != 0 {
            blocks.update(repeating: 0, count: byteCount)
        }
        for firstColumn in stride(from: 0, to: columns, by: Self.blockColumns) {
            for firstRow in stride(from: 0, to: depth, by: Self.blockRows) {
                let block = blocks + offset(row: firstRow, column: firstColumn)
                let rows = min(Self.blockRows, depth - firstRow)
                for column in 0..<min(Self.blockColumns, columns - firstColumn) {
                    let source = weights + (firstColumn + column) * depth + firstRow
                    for row in 0..<rows { block[row * Self.blockColumns + column] = source[row] }
                }
            }
        }
    }
}
