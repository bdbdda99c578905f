/// Plain loops, written to be checked by eye: the oracle for every other backend.
struct ReferenceMultiplier: TileMultiplier {
    var scratchCount: Int { 0 }

    func multiply(
        _ tile: MatrixTile<Int8>, into out: UnsafeMutablePointer<Int32>, stride: Int,
        scratch: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<tile.rows {
            let x = tile.row(row)
            for column in 0..<tile.columns {
                let weights = tile.weights + column * tile.depth
                var sum: Int32 = 0
                for k in 0..<tile.depth { sum &+= Int32(x[k]) &* Int32(weights[k]) }
                out[row * stride + column] = sum
            }
        }
    }

    func multiply(
        _ tile: MatrixTile<Float>, into out: UnsafeMutablePointer<Float>, stride: Int,
        scratch: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<tile.rows {
            let x = tile.row(row)
            for column in 0..<tile.columns {
                let weights = tile.weights + column * tile.depth
                var sum: Double = 0
                for k in 0..<tile.depth { sum += Double(x[k]) * Double(weights[k]) }
                out[row * stride + column] = Float(sum)
            }
        }
    }
}
