import Foundation
import MoE
import MoETestSupport
import Testing

@Suite("The activation stage of an expert")
struct ExpertActivationTests {
    static let activations: [SwiGLU] = [
        .plain, .clamped(ClampedSwiGLU()), .clampedAfter(limit: 2),
    ]
    static let widths = [1, 3, 7, 8, 15, 16, 17, 33, 100, 129, 768, 2050]

    /// Buffers of a run: rows of a wider matrix, every one against an unreadable page.
    struct Buffers {
        let rows = 3
        let stride: Int
        let accumulators: GuardedMemory<Int32>
        let weightScale, activationScale, bias, smooth, scratch, scale: GuardedMemory<Float>
        let values: GuardedMemory<Int8>

        init?(width: Int, side: GuardedMemory<Float>.Side, _ random: inout SeededRandom) {
            stride = 2 * width + 5
            let integers = (0..<(rows - 1) * stride + 2 * width).map { _ in
                Int32.random(in: -5000...5000, using: &random)
            }
            let side32: GuardedMemory<Int32>.Side = side == .before ? .before : .after
            let side8: GuardedMemory<Int8>.Side = side == .before ? .before : .after
            guard let accumulators = GuardedMemory(integers, touching: side32),
                let weightScale = GuardedMemory(
                    random.normals(2 * width, scale: 0.001), touching: side),
                let activationScale = GuardedMemory(random.normals(rows), touching: side),
                let bias = GuardedMemory(random.normals(2 * width), touching: side),
                let smooth = GuardedMemory(random.normals(width), touching: side),
                let scratch = GuardedMemory(
                    [Float](repeating: .nan, count: 2 * width), touching: side),
                let scale = GuardedMemory([Float](repeating: .nan, count: rows), touching: side),
                let values = GuardedMemory(
                    [Int8](repeating: -128, count: rows * width), touching: side8)
            else { return nil }
            self.accumulators = accumulators
            self.weightScale = weightScale
            self.activationScale = activationScale
            self.bias = bias
            self.smooth = smooth
            self.scratch = scratch
            self.scale = scale
            self.values = values
        }
    }

    @Test(
        "gives the operator's bits and touches nothing outside its buffers",
        arguments: OperatorKernels.available, GuardedMemory<Float>.Side.allCases)
    func int8(kernels: OperatorKernels, side: GuardedMemory<Float>.Side) throws {
        var random = SeededRandom(21)
        for (index, width) in Self.widths.enumerated() {
            let buffers = try #require(Buffers(width: width, side: side, &random))
            let activation = Self.activations[index % 3]
            let hasBias = index % 2 == 0, hasSmooth = index % 4 < 2, hasScale = index % 5 != 0

            let kernel = ExpertActivationKernel(
                activation: activation, width: width, kernels: kernels)
            try run(kernel, buffers, width, hasBias: hasBias, hasSmooth: hasSmooth, hasScale)

            let call = try DequantSwiGLUQuant(
                .accumulators(
                    Matrix(
                        rows: buffers.rows, columns: 2 * width,
                        elements: (0..<buffers.rows).flatMap {
                            buffers.accumulators.elements[
                                $0 * buffers.stride..<$0 * buffers.stride + 2 * width]
                        }),
                    weightScale: row(buffers.weightScale),
                    activationScale: hasScale ? Array(buffers.activationScale.elements) : nil,
                    bias: hasBias ? .float(row(buffers.bias)) : nil),
                activation: activation, gate: .left,
                quantization: .dynamic(smooth: hasSmooth ? .perChannel(row(buffers.smooth)) : nil))
            let wanted = try dequantSwiGLUQuant(call, kernels: kernels)
            #expect(Array(buffers.values.elements) == wanted.values.elements)
            #expect(Array(buffers.scale.elements) == wanted.scale)
        }
    }

    @Test("activates a row of floats, in place too", arguments: OperatorKernels.available)
    func float(kernels: OperatorKernels) throws {
        var random = SeededRandom(22)
        for width in Self.widths {
            let gateUp = random.normals(2 * width, scale: 3)
            let kernel = ExpertActivationKernel(activation: .plain, width: width, kernels: kernels)
            let memory = try #require(GuardedMemory(gateUp, touching: .after))
            let result = try #require(
                GuardedMemory([Float](repeating: 0, count: width), touching: .after))
            let source = try #require(memory.elements.baseAddress)

            kernel.activate(gateUp: source, into: try #require(result.elements.baseAddress))
            kernel.activate(gateUp: source, into: source)

            for h in 0..<width {
                let gate = Double(gateUp[h])
                let exact = gate / (1 + exp(-gate)) * Double(gateUp[width + h])
                #expect(abs(Double(result.elements[h]) - exact) <= abs(exact) * 1e-6)
                #expect(memory.elements[h] == result.elements[h])
            }
            #expect(Array(memory.elements[width...]) == Array(gateUp[width...]))
        }
    }

    private func row(_ memory: GuardedMemory<Float>) throws -> Matrix<Float> {
        try Matrix(rows: 1, columns: memory.elements.count, elements: Array(memory.elements))
    }

    private func run(
        _ kernel: ExpertActivationKernel, _ buffers: Buffers, _ width: Int, hasBias: Bool,
        hasSmooth: Bool, _ hasScale: Bool
    ) throws {
        let factors = ExpertActivationKernel.Factors(
            weightScale: try #require(pointer(buffers.weightScale)),
            bias: hasBias ? pointer(buffers.bias) : nil,
            smooth: hasSmooth ? pointer(buffers.smooth) : nil)
        kernel.run(
            rows: buffers.rows,
            accumulators: try #require(
                UnsafePointer(buffers.accumulators.elements.baseAddress)),
            stride: buffers.stride,
            activationScale: hasScale ? pointer(buffers.activationScale) : nil, factors: factors,
            scratch: try #require(buffers.scratch.elements.baseAddress),
            values: try #require(buffers.values.elements.baseAddress), valueStride: width,
            scale: try #require(buffers.scale.elements.baseAddress))
    }

    private func pointer(_ memory: GuardedMemory<Float>) -> UnsafePointer<Float>? {
        UnsafePointer(memory.elements.baseAddress)
    }
}
