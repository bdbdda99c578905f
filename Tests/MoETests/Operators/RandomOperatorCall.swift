import MoE
import MoETestSupport

extension SeededRandom {
    /// How many variants ``operatorCall(rows:width:variant:)`` knows; together they meet every
    /// kernel.
    static let operatorVariants = 8

    private static let activations: [SwiGLU] = [
        .plain, .interleavedClamped(ClampedSwiGLU()), .clamped(ClampedSwiGLU(limit: 2, alpha: 1)),
        .clampedAfter(limit: 3),
    ]

    /// A call on random rows whose options `variant` and `width` pick.
    mutating func operatorCall(
        rows: Int, width: Int, variant: Int
    ) throws -> DequantSwiGLUQuant {
        DequantSwiGLUQuant(
            try operatorInput(rows: rows, columns: 2 * width, variant: variant),
            activation: Self.activations[(variant + width) % 4],
            gate: variant % 2 == 0 ? .left : .right,
            quantization: operatorQuantization(width: width, variant: variant))
    }

    private mutating func operatorInput(
        rows: Int, columns: Int, variant: Int
    ) throws -> DequantSwiGLUQuant.Input {
        switch variant {
        case 6:
            return .float16(
                halves(rows, columns, exponents: 0...18, mantissaBits: 10, Half.init))
        case 7:
            return .bfloat16(
                halves(rows, columns, exponents: 110...131, mantissaBits: 7, BFloat16.init))
        default: break
        }
        var bias: DequantSwiGLUQuant.Bias?
        if variant == 1 { bias = .int32(integers(1, columns, within: 50_000)) }
        if variant == 2 { bias = .float(floats(1, columns, within: 2)) }
        return .accumulators(
            integers(rows, columns, within: 100_000),
            weightScale: floats(1, columns, within: 1e-4),
            activationScale: variant == 3 ? nil : floats(1, rows, within: 1).elements,
            bias: bias)
    }

    private mutating func operatorQuantization(
        width: Int, variant: Int
    ) -> DequantSwiGLUQuant.Quantization {
        let twentieth = Matrix<Float>(rows: 1, columns: width, repeating: 0.05)
        switch variant {
        case 0: return .dynamic()
        case 1: return .dynamic(smooth: .perChannel(floats(1, width, within: 2)))
        case 2: return .static(scale: .perGroup([0.03]), offset: .perGroup([3.25]))
        case 3: return .static(scale: .perGroup([-0.07]))
        case 5: return .rounded
        case 6:
            return .static(
                scale: .perChannel(twentieth), offset: .perChannel(floats(1, width, within: 50)))
        case 7: return .static(scale: .perChannel(twentieth))
        default: return .dynamic(smooth: .perGroup([0.3]))
        }
    }

    private mutating func floats(_ rows: Int, _ columns: Int, within limit: Float) -> Matrix<Float>
    {
        filled(rows, columns) { Float.random(in: -limit...limit, using: &$0) }
    }

    private mutating func integers(
        _ rows: Int, _ columns: Int, within limit: Int32
    ) -> Matrix<Int32> {
        filled(rows, columns) { Int32.random(in: -limit...limit, using: &$0) }
    }

    private mutating func halves<Element: HalfPrecision>(
        _ rows: Int, _ columns: Int, exponents: ClosedRange<UInt16>, mantissaBits: UInt16,
        _ make: (UInt16) -> Element
    ) -> Matrix<Element> {
        filled(rows, columns) { random in
            let exponent = UInt16.random(in: exponents, using: &random)
            let mantissa = UInt16.random(in: 0..<1 << mantissaBits, using: &random)
            return make(
                UInt16.random(in: 0...1, using: &random) << 15 | exponent << mantissaBits | mantissa
            )
        }
    }

    private mutating func filled<Element>(
        _ rows: Int, _ columns: Int, with element: (inout SeededRandom) -> Element
    ) -> Matrix<Element> {
        var matrix: [Element] = []
        for _ in 0..<rows * columns { matrix.append(element(&self)) }
        return Matrix(rows: rows, columns: columns, unchecked: matrix)
    }
}
