import MoE
import MoETestSupport
import Testing

@Suite("The operator agrees with vectors that numpy computed from its definition")
struct OperatorVectorTests {
    @Test("The reference gives the vectors' bits", arguments: OperatorCase.files)
    func reference(file: String) throws {
        for vector in try OperatorCase.all(in: file) {
            let rows = try dequantSwiGLUQuantReference(vector.call)

            #expect(rows.values.elements == vector.values, "\(vector)")
            #expect(rows.scale.map(bits) == vector.scale.map(bits), "\(vector)")
        }
    }

    @Test(
        "The kernels give the vectors, a step aside at most next to a tie",
        arguments: OperatorKernels.available, OperatorCase.files)
    func kernels(kernels: OperatorKernels, file: String) throws {
        var difference = OperatorDifference()
        for vector in try OperatorCase.all(in: file) {
            let call = try vector.call
            let wanted = try QuantizedRows(
                values: Matrix(
                    rows: call.tokenCount, columns: call.hiddenSize, elements: vector.values),
                scale: vector.scale)

            let rows = try dequantSwiGLUQuant(call, kernels: kernels)

            difference.add(call, rows, reference: wanted, vector.description)
        }
        #expect(difference.failures == [])
        #expect(difference.isRareEnough, "\(difference)")
        #expect(difference.elements > 100)
    }

    /// A NaN is a NaN whatever its payload.
    private func bits(_ value: Float) -> UInt32 { value.isNaN ? .max : value.bitPattern }
}
