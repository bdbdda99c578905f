import Foundation
import MoE
import Testing

@Suite("The kernels' exponential")
struct ExponentialTests {
    @Test(
        "is within one unit in the last place over all floats",
        arguments: OperatorKernels.available)
    func accuracy(kernels: OperatorKernels) {
        // Every 997th bit pattern: signs, subnormals, infinities and NaNs included.
        let arguments = stride(from: 0, to: UInt64(UInt32.max), by: 997)
            .map { Float(bitPattern: UInt32($0)) }
        let results = exponentials(of: arguments, kernels)
        var worst = 0
        for (x, result) in zip(arguments, results) {
            if x.isNaN {
                #expect(result.isNaN)
                continue
            }
            let exact = Float(Foundation.exp(Double(x)))
            worst = max(worst, abs(Int(exact.bitPattern) - Int(result.bitPattern)))
        }
        #expect(worst <= 1)
    }

    @Test(
        "is within one unit where it matters most, from -104 to 89",
        arguments: OperatorKernels.available)
    func relevantRange(kernels: OperatorKernels) {
        let arguments = stride(from: -104.1, through: 89, by: 0.000_41).map { Float($0) }
        let results = exponentials(of: arguments, kernels)
        let worst = zip(arguments, results).map { x, result in
            abs(Int(Float(Foundation.exp(Double(x))).bitPattern) - Int(result.bitPattern))
        }.max()
        #expect(worst ?? 0 <= 1)
    }

    @Test("overflows, underflows and keeps NaN exactly", arguments: OperatorKernels.available)
    func ends(kernels: OperatorKernels) {
        let largest: Float = 88.72283
        let cases: [(Float, Float)] = [
            (.infinity, .infinity), (-.infinity, 0), (0, 1), (-0, 1), (largest.nextUp, .infinity),
            (1e30, .infinity), (-104, 0), (-1e30, 0), (.leastNonzeroMagnitude, 1),
            (-103.9, .leastNonzeroMagnitude),
        ]
        #expect(exponentials(of: cases.map(\.0), kernels) == cases.map(\.1))
        #expect(exponentials(of: [largest], kernels)[0].isFinite)
        #expect(exponentials(of: [-87.5], kernels)[0].isSubnormal)
        #expect(exponentials(of: [.nan], kernels)[0].isNaN)
    }

    private func exponentials(of arguments: [Float], _ kernels: OperatorKernels) -> [Float] {
        [Float](unsafeUninitializedCapacity: arguments.count) { buffer, initialized in
            arguments.withUnsafeBufferPointer { arguments in
                guard let source = arguments.baseAddress, let result = buffer.baseAddress
                else { return }
                kernels.exp(source, count: arguments.count, into: result)
                initialized = arguments.count
            }
        }
    }
}
