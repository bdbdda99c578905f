/// What a staged backend supplies: the product of one tile, int8 and float32.
///
/// Both read rows of activations through an index (`source[r]` is the row of `x` that row r of the
/// tile takes, nil for the rows themselves) and rows of weights that lie next to each other.
protocol TileMultiplier: Sendable {
    /// Floats of scratch that a worker needs for a tile.
    var scratchCount: Int { get }

    /// Exact products: `out[r * stride + n] = Σ_k x[source[r], k] * weights[n, k]` in int32.
    func multiply(
        _ tile: MatrixTile<Int8>, into out: UnsafeMutablePointer<Int32>, stride: Int,
        scratch: UnsafeMutablePointer<Float>)

    /// Float32 products, summed in any fixed order; `out` as above.
    func multiply(
        _ tile: MatrixTile<Float>, into out: UnsafeMutablePointer<Float>, stride: Int,
        scratch: UnsafeMutablePointer<Float>)
}

/// The operands of one tile of a product `x * weightsᵀ`; the result is `[rows, columns]`.
struct MatrixTile<Element> {
    /// The activations' first row, `depth` elements a row.
    var x: UnsafePointer<Element>
    /// Which row of `x` each row of the tile reads; nil for row r itself.
    var source: UnsafePointer<Int32>?
    /// How many rows the tile has.
    var rows: Int
    /// The first of the tile's rows of weights, `depth` elements a row.
    var weights: UnsafePointer<Element>
    /// How many rows of weights, that is output columns, the tile has.
    var columns: Int
    /// K: elements of a row.
    var depth: Int

    /// The activations of one row of the tile.
    func row(_ index: Int) -> UnsafePointer<Element> {
        x + (source.map { Int($0[index]) } ?? index) * depth
    }
}
