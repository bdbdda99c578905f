import MoE
import MoETestSupport
import Testing

@Suite("The operator's kernels agree with the reference at every size")
struct OperatorSweepTests {
    static let widths = [
        1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 100, 127, 128, 129, 256, 768,
        1408, 2880,
    ]

    @Test("All options, over awkward widths", arguments: OperatorKernels.available)
    func widths(kernels: OperatorKernels) throws {
        var random = SeededRandom(11)
        var difference = OperatorDifference()
        for width in Self.widths {
            for variant in 0..<SeededRandom.operatorVariants {
                let call = try random.operatorCall(rows: 3, width: width, variant: variant)
                let rows = try dequantSwiGLUQuant(call, threads: 1, kernels: kernels)
                difference.add(
                    call, rows, reference: try dequantSwiGLUQuantReference(call),
                    "H \(width), variant \(variant)")
            }
        }
        #expect(difference.failures == [])
        #expect(difference.isRareEnough, "\(difference)")
    }

    @Test("Every number of rows and threads gives the same bits for a row")
    func rows() throws {
        var random = SeededRandom(12)
        let call = try random.operatorCall(rows: 127, width: 65, variant: 4)
        let alone = try dequantSwiGLUQuant(call, threads: 1)
        for threads in [2, 3, 8] {
            #expect(try dequantSwiGLUQuant(call, threads: threads) == alone)
        }
        for rows in [0, 1, 2, 15, 16, 17, 64] {
            var part = call
            guard case .accumulators(let x, let weightScale, let scale, let bias) = call.input
            else { return }
            part.input = .accumulators(
                try Matrix(
                    rows: rows, columns: 130, elements: Array(x.elements.prefix(rows * 130))),
                weightScale: weightScale, activationScale: scale.map { Array($0.prefix(rows)) },
                bias: bias)
            let result = try dequantSwiGLUQuant(part)
            #expect(result.values.elements == Array(alone.values.elements.prefix(rows * 65)))
            #expect(result.scale == Array(alone.scale.prefix(rows)))
        }
    }

    @Test("Every instruction set gives the same bits")
    func sameBits() throws {
        var random = SeededRandom(13)
        for variant in 0..<SeededRandom.operatorVariants {
            let call = try random.operatorCall(rows: 4, width: 129, variant: variant)
            let results = try OperatorKernels.available.map {
                try dequantSwiGLUQuant(call, kernels: $0)
            }
            #expect(results.allSatisfy { $0 == results[0] })
        }
    }
}
