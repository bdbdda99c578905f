import Foundation
import MoE
import Testing

/// The activations that are not the operator's, against their formulas in double precision.
@Suite("Other activations")
struct OtherActivationTests {
    static let values: [Float] = [0, -0, 0.5, -0.5, 3, -3, 20, -20, 1e-20, -1e20, .infinity, .nan]

    static let cases: [(Activation, @Sendable (Double, Double) -> Double)] = [
        (
            .geluTanh,
            { gate, up in
                let inner = (2 / Double.pi).squareRoot() * (gate + 0.044715 * gate * gate * gate)
                return 0.5 * gate * (1 + tanh(inner)) * up
            }
        ),
        (
            .softcappedSwiGLU(gateCap: 4, upCap: 25),
            { gate, up in 4 * tanh(gate / 4) / (1 + exp(-gate)) * 25 * tanh(up / 25) }
        ),
        (.squaredReLU, { up, _ in up.isNaN ? up : max(up, 0) * max(up, 0) }),
    ]

    @Test("a row comes out as the formula says", arguments: 0..<3, OperatorKernels.available)
    func rows(index: Int, kernels: OperatorKernels) throws {
        let (activation, formula) = Self.cases[index]
        let width = Self.values.count
        let kernel = ExpertActivationKernel(
            activation: activation, width: width, kernels: kernels)
        #expect(kernel.inputWidth == (activation.isGated ? 2 * width : width))
        let ups = Array(Self.values.reversed().map { $0.isFinite ? $0 : 2 })
        var row = Self.values + (activation.isGated ? ups : [])
        row.withUnsafeMutableBufferPointer { row in
            guard let base = row.baseAddress else { return }
            kernel.activate(gateUp: base, into: base)
        }
        for index in 0..<width {
            let wanted = Float(formula(Double(Self.values[index]), Double(ups[index])))
            let near = abs(row[index] - wanted) <= abs(wanted) * 2e-6 + 1e-30
            #expect(near || row[index] == wanted || (row[index].isNaN && wanted.isNaN))
        }
    }

    // At a gate of 100 its half of the soft-capped product is 1, and a cap of 1 leaves tanh(up).
    @Test("tanh is within three units in the last place", arguments: OperatorKernels.available)
    func tangent(kernels: OperatorKernels) {
        let ups = stride(from: 0, to: UInt64(UInt32.max), by: 9973)
            .map { Float(bitPattern: UInt32($0)) }
        let kernel = ExpertActivationKernel(
            activation: .softcappedSwiGLU(gateCap: 1, upCap: 1), width: ups.count, kernels: kernels)
        let gateUp = [Float](repeating: 100, count: ups.count) + ups
        var found = ups
        kernel.activate(gateUp: gateUp, into: &found)

        var worst = 0
        for (up, found) in zip(ups, found) {
            let wanted = Float(tanh(Double(up)))
            if wanted.isNaN {
                #expect(found.isNaN)
            } else {
                worst = max(worst, abs(Int(wanted.bitPattern) - Int(found.bitPattern)))
            }
        }
        #expect(worst <= 3)
    }
}
