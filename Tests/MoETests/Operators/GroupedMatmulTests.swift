import MoE
import MoETestSupport
import Testing

@Suite("The grouped int8 GEMM")
struct GroupedMatmulTests {
    static let backends = BackendCatalog.all.filter(\.available).map(\.name)

    @Test(
        "is exact where every product is greatest", arguments: backends,
        [1, 2, 1023, 1024, 1025, 4097, 65_537])
    func extremes(_ backend: BackendName, depth: Int) throws {
        for (a, b) in [(-128, -128), (-128, 127), (127, 127)] as [(Int8, Int8)] {
            let y = try groupedMatmul(
                Matrix(rows: 3, columns: depth, repeating: a),
                [Matrix(rows: 2, columns: depth, repeating: b)],
                groups: GroupIndex(counts: [3]), backend: BackendCatalog.backend(backend).backend)

            #expect(y.elements.allSatisfy { $0 == Int32(a) * Int32(b) * Int32(depth) })
        }
    }

    @Test(
        "equals plain loops over awkward sizes", arguments: backends,
        [(1, 1, 1), (3, 7, 5), (17, 129, 33), (64, 31, 127), (5, 300, 2880)])
    func sizes(_ backend: BackendName, size: (rows: Int, columns: Int, depth: Int)) throws {
        var random = SeededRandom(UInt64(size.depth))
        let counts: [Int] = [0, size.rows, 0, 2 * size.rows, 1, 0]
        let rows = counts.reduce(2, +)  // two rows past the groups
        let x = try Matrix(
            rows: rows, columns: size.depth,
            elements: (0..<rows * size.depth).map { _ in random.int8() })
        let weights = try counts.map { _ in
            try Matrix(
                rows: size.columns, columns: size.depth,
                elements: (0..<size.columns * size.depth).map { _ in random.int8() })
        }

        let y = try groupedMatmul(
            x, weights, groups: GroupIndex(counts: counts.map(Int64.init)),
            backend: BackendCatalog.backend(backend).backend, threads: 3)

        #expect(y == product(x, weights, counts))
    }

    @Test("leaves rows past the groups zero, and takes no rows at all", arguments: backends)
    func tail(_ backend: BackendName) throws {
        let backend = try BackendCatalog.backend(backend).backend
        let weights = [Matrix<Int8>(rows: 2, columns: 3, repeating: 1)]

        let y = try groupedMatmul(
            Matrix(rows: 2, columns: 3, repeating: 1), weights, groups: GroupIndex(counts: [1]),
            backend: backend)
        let none = try groupedMatmul(
            Matrix(rows: 0, columns: 3, repeating: 1), weights, groups: GroupIndex(counts: [0]),
            backend: backend)

        #expect(y.elements == [3, 3, 0, 0])
        #expect(none.rows == 0 && none.columns == 2)
    }

    @Test("refuses operands that disagree")
    func refusals() throws {
        let x = Matrix<Int8>(rows: 2, columns: 3, repeating: 0)
        let good = Matrix<Int8>(rows: 2, columns: 3, repeating: 0)
        let wrong = Matrix<Int8>(rows: 2, columns: 4, repeating: 0)
        let two = try GroupIndex(counts: [1, 1]), three = try GroupIndex(counts: [1, 2])

        #expect(throws: MoEError.self) { try groupedMatmul(x, [good], groups: two) }
        #expect(throws: MoEError.self) { try groupedMatmul(x, [good, good], groups: three) }
        #expect(throws: MoEError.self) { try groupedMatmul(x, [good, wrong], groups: two) }
    }

    @Test("refuses a depth at which int32 could overflow")
    func depth() throws {
        let x = Matrix<Int8>(rows: 1, columns: 131_072, repeating: -128)
        let groups = try GroupIndex(counts: [1])

        let error = #expect(throws: MoEError.self) { try groupedMatmul(x, [x], groups: groups) }

        #expect(error?.message.contains("131072") == true)
    }

    private func product(
        _ x: Matrix<Int8>, _ weights: [Matrix<Int8>], _ counts: [Int]
    ) -> Matrix<Int32> {
        let columns = weights[0].rows
        var y = Matrix<Int32>(rows: x.rows, columns: columns, repeating: 0)
        var row = 0
        for (group, count) in counts.enumerated() {
            for _ in 0..<count {
                for column in 0..<columns {
                    y[row, column] = zip(x.row(row), weights[group].row(column))
                        .reduce(0) { $0 + Int32($1.0) * Int32($1.1) }
                }
                row += 1
            }
        }
        return y
    }
}
