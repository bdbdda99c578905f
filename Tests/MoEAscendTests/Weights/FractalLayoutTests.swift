import MoEAscend
import Testing

@Suite("Weights in blocks of 16 × 32")
struct FractalLayoutTests {
    @Test(
        "lie where CANN's format says",
        arguments: [
            (0, 0, 0), (0, 31, 31), (1, 0, 32), (15, 31, 511), (16, 0, 512), (0, 32, 1536),
            (47, 95, 4607), (17, 33, 6689 - 4608),
        ])
    func places(row: Int, column: Int, offset: Int) {
        let layout = FractalLayout(depth: 48, columns: 96)
        #expect(layout.offset(row: row, column: column) == offset)
        #expect(layout.byteCount == 4608)
        #expect(layout.storage(matrices: 2) == [2, 3, 3, 16, 32])
    }

    @Test(
        "hold every element of the matrix once, and zeros beside it",
        arguments: [(16, 32), (48, 96), (64, 32), (17, 33), (1, 1), (100, 70)])
    func conversion(depth: Int, columns: Int) {
        let layout = FractalLayout(depth: depth, columns: columns)
        // All of int8 except 0, which is what lies beside the matrix.
        let weights = (0..<depth * columns).map { Int8(truncatingIfNeeded: $0 % 255 + 1) }
        var blocks = [Int8](repeating: 77, count: layout.byteCount)
        layout.convert(weights, into: &blocks)

        var isTaken = [Bool](repeating: false, count: blocks.count)
        for column in 0..<columns {
            for row in 0..<depth {
                let place = layout.offset(row: row, column: column)
                #expect(!isTaken[place])
                isTaken[place] = true
                #expect(blocks[place] == weights[column * depth + row])
            }
        }
        #expect(zip(blocks, isTaken).allSatisfy { $0 == 0 || $1 })
    }

    @Test("are of the matrix's size where its axes are multiples of a block's")
    func size() {
        #expect(FractalLayout(depth: 2048, columns: 1536).byteCount == 2048 * 1536)
    }
}
