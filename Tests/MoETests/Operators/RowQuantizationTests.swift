import MoE
import MoETestSupport
import Testing

@Suite("A row quantised by its own maximum")
struct RowQuantizationTests {
    @Test("is max|v| / 127 and the rounded quotients", arguments: OperatorKernels.available)
    func values(kernels: OperatorKernels) throws {
        var random = SeededRandom(31)
        for count in [1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 65, 127, 2048] {
            let row = random.normals(count, scale: 5)
            let (integers, scale) = try quantized(row, kernels)

            let wanted = row.reduce(0) { max($0, abs($1)) } / 127
            #expect(scale == wanted)
            #expect(
                integers == row.map { Int8(($0 / wanted).rounded(.toNearestOrEven)) }, "\(count)")
        }
    }

    static let specialRows: [(row: [Float], integers: [Int8], scale: Float)] = [
        ([0, -0, 0], [0, 0, 0], 0),
        ([1, .nan, 3], [0, 0, 0], .nan),
        ([1, -.infinity, 3], [0, 0, 0], .infinity),
        ([.nan, .infinity], [0, 0], .nan),
        // A payload in the bits that the rounding reads.
        ([1, Float(bitPattern: 0x7FC0_00FF), 3], [0, 0, 0], .nan),
        ([63 * .leastNonzeroMagnitude, 0], [0, 0], 0),
        (
            [190 * .leastNonzeroMagnitude, -190 * .leastNonzeroMagnitude], [127, -127],
            .leastNonzeroMagnitude
        ),
        ([127, -63.5, 62.5, 0.5, -0.5, 1.5], [127, -64, 62, 0, 0, 2], 1),
        ([], [], 0),
    ]

    @Test(
        "keeps zeros, NaN, infinities, subnormals and ties apart",
        arguments: OperatorKernels.available, specialRows.indices)
    func special(kernels: OperatorKernels, index: Int) throws {
        let (row, wanted, wantedScale) = Self.specialRows[index]
        let (integers, scale) = try quantized(row, kernels)

        #expect(integers == wanted)
        #expect(wantedScale.isNaN ? scale.isNaN : scale == wantedScale)
    }

    private func quantized(
        _ row: [Float], _ kernels: OperatorKernels
    ) throws -> (integers: [Int8], scale: Float) {
        let source = try #require(GuardedMemory(row, touching: .after))
        let target = try #require(
            GuardedMemory([Int8](repeating: -128, count: row.count), touching: .after))
        let scale = quantizeRow(
            try #require(source.elements.baseAddress), count: row.count,
            into: try #require(target.elements.baseAddress), kernels: kernels)
        return (Array(target.elements), scale)
    }
}
