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
                let columns = step == 0 ? kernel.panelColumns : used
                func next() -> Int8 { random.next() % 4 == 0 ? -128 : random.int8() }
                try check(
                    kernel, rows: (0..<rows * depth).map { _ in next() },
                    weights: (0..<columns * depth).map { _ in next() }, depth: depth, side: side)
            }
        }
    }

    @Test(
        "are exact where sums of two products would saturate, and just where they would not",
        arguments: GemmKernel.available, WeightPattern.allCases)
    func saturation(_ kernel: GemmKernel, pattern: WeightPattern) throws {
        var random = SeededRandom(11)
        for depth in [1, 6, 8, 100, 1023, 1024, 1029, 2500] {
            for columns in Set([1, min(17, kernel.panelColumns), kernel.panelColumns]) {
                let weights = (0..<columns * depth).map {
                    pattern.weight(column: $0 / depth, k: $0 % depth, &random)
                }
                // Rows of one extreme, of the other, of both, and of anything.
                let rows = (0..<5 * depth).map { index -> Int8 in
                    switch index / depth {
                    case 0: -128
                    case 1: 127
                    case 2: random.next() % 2 == 0 ? -128 : 127
                    default: random.int8()
                    }
                }
                try check(kernel, rows: rows, weights: weights, depth: depth, side: .after)
            }
        }
    }

    /// Weights that kernels whose sums of two products saturate must tell from each other.
    enum WeightPattern: String, CaseIterable {
        case small, normal, atTheLimit, aboveTheLimit, atTheLimitInTheOtherOrder
        case aboveTheLimitInTheOtherOrder, oppositeSigns, extremes, lowestInSomeColumns
        case lowestAlone

        func weight(column: Int, k: Int, _ random: inout SeededRandom) -> Int8 {
            switch self {
            case .small: random.int8() / 4
            case .normal: Int8((0..<4).reduce(0) { sum, _ in sum + Int(random.int8()) } / 5)
            case .atTheLimit: k % 8 < 4 ? (k % 4 < 2 ? 64 : -64) : 0
            case .aboveTheLimit: k % 8 < 4 ? (k % 4 < 2 ? 64 : -64) : (k % 4 == 0 ? 1 : 0)
            case .atTheLimitInTheOtherOrder: k % 8 < 4 ? (k % 4 < 2 ? 100 : 28) : 0
            case .aboveTheLimitInTheOtherOrder:
                k % 8 < 4 ? (k % 4 < 2 ? 100 : 28) : (k % 4 == 1 ? 1 : 0)
            case .oppositeSigns: k % 2 == 0 ? 127 : -128
            case .extremes: random.next() % 2 == 0 ? -128 : 127
            case .lowestInSomeColumns:
                column % 32 < 16 && random.next() % 50 == 0 ? -128 : random.int8() / 2
            case .lowestAlone: k % 16 == 3 ? -128 : 0
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

    /// Rows times a panel of weights, all memory ending or starting at a guard page.
    private func check(
        _ kernel: GemmKernel, rows x: [Int8], weights w: [Int8], depth: Int,
        side: GuardedMemory<Int8>.Side
    ) throws {
        let rows = x.count / depth, columns = w.count / depth
        let padded = (columns + kernel.lanes - 1) / kernel.lanes * kernel.lanes
        let outside: GuardedMemory<Int32>.Side = side == .before ? .before : .after
        let panelSide: GuardedMemory<UInt8>.Side = side == .before ? .before : .after
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
        let outBase = try #require(out.elements.baseAddress)
        (0..<rows).map { UnsafePointer(first + $0 * depth) }.withUnsafeBufferPointer { pointers in
            guard let pointers = pointers.baseAddress else { return }
            kernel.multiply(
                rows: pointers, start: start, count: rows, depth: depth, panel: panelBase,
                columns: padded, into: outBase, stride: padded,
                next: .init(panel: panelBase, rows: pointers, count: rows))
        }

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
