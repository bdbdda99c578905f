import MoE
import Testing

@Suite("The operator's worked examples, by the kernels and by the reference")
struct OperatorExampleTests {
    typealias Operator = @Sendable (DequantSwiGLUQuant) throws -> QuantizedRows
    static let operators: [Operator] = [
        { try dequantSwiGLUQuantReference($0) }, { try dequantSwiGLUQuant($0) },
    ]

    /// x, weight scale and activation scale of the examples computed by hand.
    static func input() throws -> DequantSwiGLUQuant.Input {
        .accumulators(
            try Matrix(rows: 2, columns: 4, elements: [10, -4, 3, 8, 0, 0, 0, 0]),
            weightScale: try Matrix(rows: 1, columns: 4, elements: [0.0625, 0.25, 0.125, 0.125]),
            activationScale: [0.5, 1])
    }

    struct Example: Sendable {
        var activation = SwiGLU.plain
        var gate = DequantSwiGLUQuant.Gate.left
        var quantization = DequantSwiGLUQuant.Quantization.dynamic()
        let values: [Int8]
        let scale: Float
    }

    static func factors(_ elements: [Float]) -> QuantFactors {
        .perChannel(Matrix(rows: 1, columns: elements.count, unchecked: elements))
    }

    static let examples = [
        Example(values: [46, -127, 0, 0], scale: 0.000743191),
        Example(gate: .right, values: [26, -127, 0, 0], scale: 0.00122531),
        Example(
            activation: .interleavedClamped(ClampedSwiGLU()), values: [77, 127, 0, 0],
            scale: 0.00128248),
        Example(
            activation: .interleavedClamped(ClampedSwiGLU(limit: 0.25)), values: [106, 127, 0, 0],
            scale: 0.00106873),
        Example(
            activation: .clamped(ClampedSwiGLU()), values: [127, -122, 0, 0], scale: 0.00184063),
        Example(
            activation: .clamped(ClampedSwiGLU(limit: 0.25)), gate: .right,
            values: [127, 106, 0, 0], scale: 0.00106873),
        Example(
            activation: .clampedAfter(limit: 0.25), values: [91, -127, 0, 0], scale: 0.000371595),
        Example(
            quantization: .dynamic(smooth: factors([4, 0.5])), values: [127, -44, 0, 0],
            scale: 0.00106575),
        Example(
            quantization: .static(scale: .perGroup([0.001]), offset: .perGroup([-0.5])),
            values: [33, -95, 0, 0], scale: 0),
        Example(
            quantization: .static(scale: factors([0.0005, 0.02])), values: [68, -5, 0, 0],
            scale: 0),
    ]

    @Test("One row by hand", arguments: examples, operators.indices)
    func byHand(example: Example, operator index: Int) throws {
        let rows = try Self.operators[index](
            DequantSwiGLUQuant(
                try Self.input(), activation: example.activation, gate: example.gate,
                quantization: example.quantization))

        #expect(rows.values.elements == example.values)
        #expect(abs(rows.scale[0] - example.scale) <= example.scale * 1e-5)
        #expect(rows.scale[1] == 0)
    }

    @Test(
        "Every group has its own weight scale, and rows past the groups are zero",
        arguments: operators.indices)
    func groups(operator index: Int) throws {
        let call = DequantSwiGLUQuant(
            .accumulators(
                try Matrix(
                    rows: 3, columns: 4, elements: [10, -4, 3, 8, 10, -4, 3, 8, 1, 1, 1, 1]),
                weightScale: try Matrix(
                    rows: 3, columns: 4,
                    elements: [
                        0.0625, 0.25, 0.125, 0.125, 1, 1, 1, 1, -0.0625, 0.25, 0.125, 0.125,
                    ]),
                activationScale: [0.5, 0.5, 1]),
            gate: .left, groups: try GroupIndex(counts: [1, 0, 1]))

        let rows = try Self.operators[index](call)

        #expect(rows.values.elements == [46, -127, -33, -127, 0, 0])
        #expect(abs(rows.scale[0] - 0.000743191) < 1e-8)
        #expect(rows.scale[1] == rows.scale[0])
        #expect(rows.scale[2].bitPattern == 0)
    }

    @Test("Static rounding is half to even and saturates", arguments: operators.indices)
    func rounding(operator index: Int) throws {
        let offsets: [Float] = [
            -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 126.5, 127.5, -127.5, -128.5, 1e30, -1e30,
            0.49999997, 3.5,
        ]
        let call = DequantSwiGLUQuant(
            .accumulators(
                Matrix(rows: 1, columns: 28, repeating: 0),
                weightScale: Matrix(rows: 1, columns: 28, repeating: 1)),
            quantization: .static(
                scale: Self.factors(Array(repeating: 1, count: 14)),
                offset: Self.factors(offsets)))

        let rows = try Self.operators[index](call)

        #expect(
            rows.values.elements == [-2, -2, 0, 0, 2, 2, 126, 127, -128, -128, 127, -128, 0, 4])
        #expect(rows.scale == [0])
    }

    @Test("The closed-form case", arguments: operators.indices)
    func closedForm(operator index: Int) throws {
        let rows = 64, width = 128, sign: [Float] = [1, 2, -1]
        func table<Value>(_ rows: Int, _ columns: Int, _ value: (Int, Int) -> Value) -> [Value] {
            (0..<rows * columns).map { value($0 / columns, $0 % columns) }
        }
        let call = DequantSwiGLUQuant(
            .accumulators(
                try Matrix(
                    rows: rows, columns: 2 * width,
                    elements: table(rows, 2 * width) { Int32((31 * $0 + 17 * $1) % 201 - 100) }),
                weightScale: try Matrix(
                    rows: 3, columns: 2 * width,
                    elements: table(3, 2 * width) { sign[$0] * Float((7 * $1) % 13 - 6) / 64 }),
                activationScale: (0..<rows).map { Float((5 * $0) % 11 + 1) / 8 }),
            gate: .left,
            quantization: .dynamic(
                smooth: .perChannel(
                    try Matrix(
                        rows: 3, columns: width,
                        elements: table(3, width) { Float((3 * $1) % 9 + 1) / 4 }))),
            groups: try GroupIndex(counts: [20, 0, 40]))

        let result = try Self.operators[index](call)

        let values = result.values
        #expect(abs(values.elements.reduce(0) { $0 + Int($1) } - 3440) <= 3)
        #expect(abs(values.elements.reduce(0) { $0 + abs(Int($1)) } - 59516) <= 3)
        #expect(abs(result.scale.reduce(0) { $0 + Double($1) } - 27.752237) <= 1e-5)
        #expect(Array(values.row(0).prefix(6)) == [23, 0, -114, 0, 12, 2])
        #expect(Array(values.row(20).prefix(6)) == [3, 0, 24, 0, 3, 0])
        #expect(abs(result.scale[0] - 0.00759208) < 1e-8)
        #expect(abs(result.scale[20] - 0.0382770) < 1e-7)
        #expect(values.elements.suffix(4 * width).allSatisfy { $0 == 0 })
    }

    @Test("The page's call: shapes, and Atlas takes it too")
    func page() throws {
        let rows = 48, width = 1024
        func elements<Value>(_ count: Int, _ value: (Int) -> Value) -> [Value] {
            (0..<count).map(value)
        }
        var call = DequantSwiGLUQuant(
            .accumulators(
                try Matrix(
                    rows: rows, columns: 2 * width,
                    elements: elements(rows * 2 * width) { Int32($0 * 7 % 20 - 10) }),
                weightScale: try Matrix(
                    rows: 1, columns: 2 * width,
                    elements: elements(2 * width) { Float($0 % 13 - 6) / 5 }),
                activationScale: elements(rows) { Float($0 % 7 - 3) / 2 }),
            quantization: .dynamic(smooth: Self.factors(elements(width) { Float($0 % 5 - 2) })))

        let ours = try dequantSwiGLUQuant(call)
        call.atlas = true
        let atlas = try dequantSwiGLUQuant(call)

        #expect(ours.values.rows == rows && ours.values.columns == width)
        #expect(ours.scale == atlas.scale)
        #expect(zip(ours.values.elements, atlas.values.elements).allSatisfy { abs($0 - $1) <= 1 })
    }
}
