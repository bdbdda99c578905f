import MoE
import Testing

@Suite("A typed call of the operator")
struct OperatorTypedTests {
    static func call(
        _ change: (inout DequantSwiGLUQuant) throws -> Void = { _ in }
    ) throws -> DequantSwiGLUQuant {
        var call = DequantSwiGLUQuant(
            .accumulators(
                Matrix(rows: 3, columns: 8, repeating: 5),
                weightScale: Matrix(rows: 1, columns: 8, repeating: 0.5)))
        try change(&call)
        return call
    }

    static func broken() throws -> [(String, DequantSwiGLUQuant)] {
        let narrow = Matrix<Float>(rows: 1, columns: 7, repeating: 1)
        return try [
            ("E03", call { $0.activation = .clampedAfter(limit: .nan) }),
            ("E03", call { $0.activation = .clamped(ClampedSwiGLU(alpha: .infinity)) }),
            (
                "E07",
                call {
                    $0.input = .float16(Matrix(rows: 1, columns: 3, repeating: Half(bitPattern: 0)))
                }
            ),
            ("E11", call { $0.groups = try GroupIndex(counts: [4]) }),
            ("E15", call { $0.groups = try GroupIndex(counts: [1, 1]) }),
            ("E15", call { $0.quantization = .dynamic(smooth: .perChannel(narrow)) }),
            ("E15", call { $0.quantization = .dynamic(smooth: .perGroup([1, 2])) }),
            (
                "E16",
                call {
                    $0.input = .accumulators(
                        Matrix(rows: 3, columns: 8, repeating: 5),
                        weightScale: Matrix(rows: 1, columns: 8, repeating: 0.5),
                        activationScale: [1])
                }
            ),
            ("E17", call { $0.groups = try GroupIndex(pairs: [(group: 1, count: 2)]) }),
            (
                "E20",
                call {
                    $0.quantization = .static(
                        scale: .perGroup([1]),
                        offset: .perChannel(Matrix(rows: 1, columns: 4, repeating: 1)))
                }
            ),
            ("E21", call { $0.quantization = .static(scale: .perGroup([0])) }),
            ("A1", call { $0.atlas = true }),
        ]
    }

    @Test("is checked by the rules of the table, on both paths")
    func checks() throws {
        for (code, call) in try Self.broken() {
            let fast = #expect(throws: MoEError.self) { try dequantSwiGLUQuant(call) }
            let reference = #expect(throws: MoEError.self) { try dequantSwiGLUQuantReference(call) }
            #expect(fast?.code.rawValue == code)
            #expect(fast == reference)
        }
        _ = try dequantSwiGLUQuant(Self.call())
    }
}
