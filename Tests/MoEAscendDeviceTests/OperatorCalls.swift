import Foundation
import MoE
import MoETestSupport

/// One of the kinds of calls that the device takes: its activation, input, smoothing and gate.
struct OperatorCallKind {
    static let count = 3 * 3 * 3 * 2
    let activation: SwiGLU
    let input: Int
    let smooth: Int
    let gate: DequantSwiGLUQuant.Gate

    init(_ number: Int) {
        activation =
            [
                .plain, .interleavedClamped(ClampedSwiGLU()), .clamped(ClampedSwiGLU(limit: 2)),
            ][number % 3]
        input = number / 3 % 3
        smooth = number / 9 % 3
        // Interleaved columns have no halves; the device wants the left one named.
        gate = number / 27 == 0 ? .left : .right
    }
}

extension SeededRandom {
    /// A call in three groups, the second without rows, with a row behind the last.
    mutating func deviceCall(
        rows: Int, width: Int, kind: OperatorCallKind
    ) throws -> DequantSwiGLUQuant {
        let groups = 3
        let smooth: QuantFactors? =
            switch kind.smooth {
            case 0: nil
            case 1: .perChannel(try floats(groups, width, 0.5...2))
            default: .perGroup(try floats(1, groups, 0.5...2).elements)
            }
        let first = Int64(rows / 2)
        return DequantSwiGLUQuant(
            try input(rows: rows, columns: 2 * width, groups: groups, kind.input),
            activation: kind.activation, gate: kind.gate, quantization: .dynamic(smooth: smooth),
            groups: try GroupIndex(counts: [first, 0, max(Int64(rows) - first - 1, 0)]))
    }

    private mutating func input(
        rows: Int, columns: Int, groups: Int, _ kind: Int
    ) throws -> DequantSwiGLUQuant.Input {
        guard kind < 2 else {
            let values = (0..<rows * columns).map { _ in
                BFloat16(
                    bitPattern: UInt16.random(in: 0x3D00...0x40FF, using: &self)
                        | UInt16.random(in: 0...1, using: &self) << 15)
            }
            return .bfloat16(try Matrix(rows: rows, columns: columns, elements: values))
        }
        let integers = (0..<rows * columns).map { _ in
            Int32.random(in: -100_000...100_000, using: &self)
        }
        return .accumulators(
            try Matrix(rows: rows, columns: columns, elements: integers),
            weightScale: try floats(groups, columns, 1e-5...1e-4),
            activationScale: kind == 0 ? try floats(1, rows, 0.1...1).elements : nil)
    }

    private mutating func floats(
        _ rows: Int, _ columns: Int, _ range: ClosedRange<Float>
    ) throws -> Matrix<Float> {
        try Matrix(
            rows: rows, columns: columns,
            elements: (0..<rows * columns).map { _ in Float.random(in: range, using: &self) })
    }
}

extension DequantSwiGLUQuant {
    /// The call of a case of the operator's vectors.
    init(_ vector: VectorFile.Case) throws {
        struct Settings: Decodable {
            let quant_mode: String
            let activate_left: Bool
            let swiglu_mode: Int
            let clamp_limit: Double
            let glu_alpha: Double
            let glu_bias: Double
            let atlas: Bool
        }
        let settings = try JSONDecoder().decode(Settings.self, from: vector.options)
        try self.init(
            tensors: vector.tensors.filter { $0.key != "y" && $0.key != "scale" },
            options: DequantSwiGLUQuantOptions(
                quantMode: settings.quant_mode, activateLeft: settings.activate_left,
                swigluMode: settings.swiglu_mode, clampLimit: settings.clamp_limit,
                gluAlpha: settings.glu_alpha, gluBias: settings.glu_bias, atlas: settings.atlas))
    }
}
