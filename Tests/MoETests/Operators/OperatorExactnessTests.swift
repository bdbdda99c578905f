import MoE
import MoETestSupport
import Testing

@Suite("Where the exponential vanishes, the kernels give the reference's bits")
struct OperatorExactnessTests {
    /// Gates above 104, so that `1 + exp(-gate)` is 1 and every value is `gate * lin`.
    static func input(rows: Int, width: Int, _ random: inout SeededRandom) throws
        -> DequantSwiGLUQuant.Input
    {
        .accumulators(
            try Matrix(
                rows: rows, columns: 2 * width,
                elements: (0..<rows * 2 * width).map { index in
                    index % (2 * width) < width
                        ? Int32.random(in: 200...90000, using: &random)
                        : Int32.random(in: -90000...90000, using: &random)
                }),
            weightScale: Matrix(rows: 1, columns: 2 * width, repeating: 0.7),
            activationScale: (0..<rows).map { _ in Float.random(in: 1...2, using: &random) })
    }

    static let quantizations: [DequantSwiGLUQuant.Quantization] = [
        .dynamic(), .dynamic(smooth: .perChannel(Matrix(rows: 1, columns: 64, repeating: 0.3))),
        .static(scale: .perGroup([3.1e8]), offset: .perGroup([0.1])),
        .static(
            scale: .perChannel(Matrix(rows: 1, columns: 64, repeating: 3.1e8)),
            offset: .perChannel(Matrix(rows: 1, columns: 64, repeating: 0.1))),
    ]

    @Test(
        "with the definition's rounding and with Atlas's, grouped or not",
        arguments: OperatorKernels.available, [false, true])
    func bits(kernels: OperatorKernels, atlas: Bool) throws {
        var random = SeededRandom(41)
        for quantization in Self.quantizations {
            for groups in [nil, try GroupIndex(counts: [40])] {
                if atlas, groups != nil, case .static = quantization { continue }
                let call = DequantSwiGLUQuant(
                    try Self.input(rows: 40, width: 64, &random), gate: .left,
                    quantization: quantization, groups: groups, atlas: atlas)

                let rows = try dequantSwiGLUQuant(call, kernels: kernels)

                #expect(rows == (try dequantSwiGLUQuantReference(call)))
            }
        }
    }

    /// Rows whose quotients by `step` are 127 and all ties from 0.5 to 126.5.
    static func ties(step: Int32, _ quantization: DequantSwiGLUQuant.Quantization)
        throws -> DequantSwiGLUQuant
    {
        let gates = [Int32](repeating: 128 * 256, count: 128)
        let lins = [254 * step] + (0..<127).map { (2 * $0 + 1) * step }
        return DequantSwiGLUQuant(
            .accumulators(
                try Matrix(rows: 1, columns: 256, elements: gates + lins),
                weightScale: Matrix(rows: 1, columns: 256, repeating: 1 / 256),
                activationScale: [1]),
            gate: .left, quantization: quantization)
    }

    @Test("on ties, which Atlas's reciprocals break", arguments: OperatorKernels.available)
    func ties(kernels: OperatorKernels) throws {
        var broken = (dynamic: 0, static: 0)
        for step in stride(from: Int32(3), to: 100, by: 2) {
            let factor = QuantFactors.perGroup([Float(step)])
            var dynamic = try Self.ties(step: step, .dynamic())
            var fixed = try Self.ties(
                step: step, .static(scale: factor, offset: .perGroup([0])))
            let even: [Int8] = [127] + (0..<127).map { $0 + $0 % 2 }
            for call in [dynamic, fixed] {
                let rows = try dequantSwiGLUQuant(call, kernels: kernels)
                #expect(rows.values.elements == even)
                #expect(rows == (try dequantSwiGLUQuantReference(call)))
            }

            dynamic.atlas = true
            fixed.atlas = true
            let dynamicRows = try dequantSwiGLUQuant(dynamic, kernels: kernels)
            let fixedRows = try dequantSwiGLUQuant(fixed, kernels: kernels)
            #expect(dynamicRows == (try dequantSwiGLUQuantReference(dynamic)))
            #expect(fixedRows == (try dequantSwiGLUQuantReference(fixed)))
            broken.dynamic += zip(dynamicRows.values.elements, even).count { $0 != $1 }
            broken.static += zip(fixedRows.values.elements, even).count { $0 != $1 }
        }
        #expect(broken.dynamic > 0 && broken.static > 0)
    }

    @Test("and Atlas's roundings are not the definition's")
    func atlasDiffers() throws {
        var random = SeededRandom(42)
        let input = try Self.input(rows: 40, width: 64, &random)
        func scales(atlas: Bool) throws -> [Float] {
            try dequantSwiGLUQuant(
                DequantSwiGLUQuant(
                    input, gate: .left, groups: GroupIndex(counts: [40]), atlas: atlas)
            ).scale
        }
        #expect(try scales(atlas: true) != scales(atlas: false))
    }

    @Test(
        "and a NaN is 0 in static mode, whatever its payload", arguments: OperatorKernels.available)
    func payload(kernels: OperatorKernels) throws {
        var weightScale = Matrix<Float>(rows: 1, columns: 16, repeating: 1)
        weightScale[0, 3] = Float(bitPattern: 0x7FC0_00FF)
        let call = DequantSwiGLUQuant(
            .accumulators(Matrix(rows: 2, columns: 16, repeating: 9), weightScale: weightScale),
            gate: .left, quantization: .rounded)

        let rows = try dequantSwiGLUQuant(call, kernels: kernels)

        #expect(rows.values.elements == (0..<16).map { $0 % 8 == 3 ? 0 : 81 })
    }
}
