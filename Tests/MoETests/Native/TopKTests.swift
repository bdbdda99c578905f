import MoEKernels
import MoETestSupport
import Testing

/// The selection of experts: the greatest of a row's values.
@Suite("The greatest values of a row")
struct TopKTests {
    static let counts = [1, 2, 7, 15, 16, 17, 33, 64, 127, 128, 160, 512]

    /// The columns of a stable sort, a NaN counting as -infinity.
    private func sorted(_ values: [Float], k: Int) -> [Int32] {
        let values = values.map { $0.isNaN ? -.infinity : $0 }
        return values.indices.sorted { (values[$0], $1) > (values[$1], $0) }.prefix(k).map {
            Int32($0)
        }
    }

    /// What the kernel finds, on memory that ends at a guard page.
    private func found(
        _ values: [Float], k: Int, isa: UInt32, _ side: GuardedMemory<Float>.Side
    ) throws -> [Int32] {
        let row = try #require(GuardedMemory(values, touching: side))
        let columns = try #require(
            GuardedMemory([Int32](repeating: -7, count: k), touching: .after))
        let kernels = try #require(moe_row_kernels_for(moe_isa(rawValue: isa)))
        kernels.pointee.top_k(
            values.count, row.elements.baseAddress, k, columns.elements.baseAddress)
        return withExtendedLifetime(row) { Array(columns.elements) }
    }

    @Test("are those of a stable sort, among equal values too", arguments: availableISAs, counts)
    func order(isa: UInt32, count: Int) throws {
        var random = SeededRandom(UInt64(count))
        let scores = random.normals(count, scale: 1)
        // Few different values, so that many are equal, as both zeros are.
        let coarse = scores.map { ($0 * 2).rounded() }
        let zeros = coarse.enumerated().map { $1 == 0 && $0 % 2 == 0 ? -$1 : $1 }
        for values in [scores, coarse, zeros] {
            for k in Set([1, 2, 8, count]) where k <= count {
                for side in GuardedMemory<Float>.Side.allCases {
                    #expect(
                        try found(values, k: k, isa: isa, side) == sorted(values, k: k),
                        "k \(k), \(side)")
                }
            }
        }
    }

    @Test("count infinities as they are and a NaN as the least", arguments: availableISAs)
    func special(isa: UInt32) throws {
        var values = [Float](repeating: -.infinity, count: 37)
        values[20] = .nan
        values[3] = -1
        values[30] = .infinity
        values[36] = .infinity
        for k in [1, 2, 3, 4, 8, 37] {
            #expect(try found(values, k: k, isa: isa, .after) == sorted(values, k: k), "k \(k)")
        }
        let nothing = [Float](repeating: .nan, count: 18)
        #expect(try found(nothing, k: 3, isa: isa, .after) == [0, 1, 2])
    }
}
