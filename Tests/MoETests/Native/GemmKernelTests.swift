import MoE
import MoETestSupport
import Testing

/// Every kernel that this machine can run, against plain loops.
@Suite("The int8 GEMM kernels")
struct GemmKernelTests {
    static let rows = [1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 64]
    static let depths = [
        1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 100, 127, 128, 129, 256, 257, 768,
        1408, 2880,
    ]

    @Test(
        "are exact over the grid, on memory that ends at a guard page",
        arguments: GemmKernel.available, GuardedMemory<Int8>.Side.allCases)
    func grid(_ kernel: GemmKernel, side: GuardedMemory<Int8>.Side) throws {
        var random = SeededRandom(7)
        for (index, depth) in Self.depths.enumerated() {
            // Every depth with some rows, and a panel that is whole, narrow or partly used.
            for step in 0..<3 {
                let rows = Self.rows[(index * 5 + step * 7) % Self.rows.count]
                let used = 1 + (index * 13 + step * 29) % kernel.panelColumns
                try check(
                    kernel, rows: rows, columns: step == 0 ? kernel.panelColumns : used,
                    depth: depth, side: side
                ) { random.next() % 4 == 0 ? -128 : random.int8() }
            }
        }
    }

    @Test(
        "hold sums at the ends of int32", arguments: GemmKernel.available,
        [(-128, -128), (-128, 127), (127, -128), (127, 127)] as [(Int8, Int8)])
    func extremes(_ kernel: GemmKernel, values: (weight: Int8, activation: Int8)) throws {
        for depth in [1032, 66_312, 131_071] {
            let (rows, panel) = ([Int8](repeating: values.activation, count: depth), kernel.lanes)
            let weights = [Int8](repeating: values.weight, count: depth)

            let product = Self.product(
                kernel, rows, rows: 1, weights: weights, used: 1, columns: panel, depth: depth)

            let wanted = Int(values.weight) * Int(values.activation) * depth
            #expect(product[0] == Int32(wanted))
        }
    }

    /// Rows times a panel of random weights, all memory ending or starting at a guard page.
    private func check(
        _ kernel: GemmKernel, rows: Int, columns: Int, depth: Int, side: GuardedMemory<Int8>.Side,
        _ next: () -> Int8
    ) throws {
        let padded = (columns + kernel.lanes - 1) / kernel.lanes * kernel.lanes
        let outside: GuardedMemory<Int32>.Side = side == .before ? .before : .after
        let panelSide: GuardedMemory<UInt8>.Side = side == .before ? .before : .after
        let x = (0..<rows * depth).map { _ in next() }
        let w = (0..<columns * depth).map { _ in next() }
        let guardedX = try #require(GuardedMemory(x, touching: side))
        let guardedW = try #require(GuardedMemory(w, touching: side))
        let bytes = kernel.panelBytes(columns: padded, depth: depth)
        let panel = try #require(
            GuardedMemory([UInt8](repeating: 0xAA, count: bytes), touching: panelSide))
        let out = try #require(
            GuardedMemory([Int32](repeating: 77, count: rows * padded), touching: outside))
        let first = try #require(guardedX.elements.baseAddress)
        let panelBase = try #require(panel.elements.baseAddress)

        kernel.pack(
            used: columns, columns: padded, depth: depth,
            weights: try #require(guardedW.elements.baseAddress), into: panelBase)
        var start = [Int32](repeating: 0, count: rows)
        kernel.findStarts(of: first, count: rows, depth: depth, into: &start)
        kernel.multiply(
            rows: (0..<rows).map { UnsafePointer(first + $0 * depth) }, start: start, count: rows,
            depth: depth, panel: panelBase, columns: padded,
            into: try #require(out.elements.baseAddress), stride: padded, next: panelBase,
            nextBytes: bytes)

        var wrong = 0
        for row in 0..<rows {
            for column in 0..<padded {
                var sum: Int32 = 0
                if column < columns {
                    for k in 0..<depth {
                        sum += Int32(x[row * depth + k]) * Int32(w[column * depth + k])
                    }
                }
                if out.elements[row * padded + column] != sum { wrong += 1 }
            }
        }
        #expect(wrong == 0, "\(kernel): \(rows) rows, \(columns) columns, depth \(depth)")
    }

    private static func product(
        _ kernel: GemmKernel, _ x: [Int8], rows: Int, weights: [Int8], used: Int, columns: Int,
        depth: Int
    ) -> [Int32] {
        let bytes = kernel.panelBytes(columns: columns, depth: depth)
        let panel = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            .bindMemory(to: UInt8.self, capacity: bytes)
        defer { UnsafeMutableRawPointer(panel).deallocate() }
        var start = [Int32](repeating: 0, count: rows)
        var out = [Int32](repeating: 0, count: rows * columns)
        kernel.pack(used: used, columns: columns, depth: depth, weights: weights, into: panel)
        x.withUnsafeBufferPointer { x in
            guard let first = x.baseAddress else { return }
            kernel.findStarts(of: first, count: rows, depth: depth, into: &start)
            kernel.multiply(
                rows: (0..<rows).map { first + $0 * depth }, start: start, count: rows,
                depth: depth, panel: panel, columns: columns, into: &out, stride: columns)
        }
        return out
    }
}
