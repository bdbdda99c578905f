import Foundation
import MoE

/// Measures a layer's int8 block with one set of smooth factors after the other.
struct SmoothSearch {
    private let collected: LayerMaxima
    private let experts: ExpertChoice
    private let samples: Matrix<Float>
    private let wanted: Matrix<Float>
    /// The greatest weight that every column of a down-projection has, `[E, H]`.
    private let weightMaxima: Matrix<Float>

    /// A search on what was collected of a layer.
    init(_ collected: LayerMaxima, experts: ExpertChoice) throws {
        self.collected = collected
        self.experts = experts
        let width = collected.hiddenSize
        samples = try Matrix(
            rows: collected.samples.count / width, columns: width, elements: collected.samples)
        wanted = try Self.output(collected.layer, experts, samples)
        var maxima = Matrix(
            rows: collected.maxima.rows, columns: collected.maxima.columns, repeating: Float(0))
        for (expert, weights) in collected.experts.enumerated() {
            for row in 0..<weights.down.rows {
                for (column, weight) in weights.down.row(row).enumerated() {
                    maxima[expert, column] = max(maxima[expert, column], abs(weight))
                }
            }
        }
        weightMaxima = maxima
    }

    /// The factors for an α, `[E, H]`; of every expert their geometric mean is 1.
    func factors(alpha: Float) -> Matrix<Float> {
        var factors = collected.maxima
        for expert in 0..<factors.rows {
            let logarithms = (0..<factors.columns).map { column -> Float? in
                let activation = collected.maxima[expert, column]
                let weight = weightMaxima[expert, column]
                guard activation > 0, weight > 0 else { return nil }
                return (1 - alpha) * log(weight) - alpha * log(activation)
            }
            let known = logarithms.compactMap { $0 }
            let mean = known.reduce(0, +) / Float(max(known.count, 1))
            for (column, logarithm) in logarithms.enumerated() {
                // A column that never mattered keeps 1.
                factors[expert, column] = logarithm.map { exp($0 - mean) } ?? 1
            }
        }
        return factors
    }

    /// The relative L2 error of the layer's output with int8 experts and these factors.
    func error(_ factors: Matrix<Float>?) throws -> Double {
        var layer = collected.layer
        layer.experts = try layer.experts.quantized(smooth: factors)
        let found = try Self.output(layer, experts, samples)
        var difference = 0.0, total = 0.0
        for (a, b) in zip(found.elements, wanted.elements) {
            difference += Double(a - b) * Double(a - b)
            total += Double(b) * Double(b)
        }
        return (difference / max(total, .leastNormalMagnitude)).squareRoot()
    }

    private static func output(
        _ layer: MoELayer, _ experts: ExpertChoice, _ samples: Matrix<Float>
    ) throws -> Matrix<Float> {
        let backend = try Backends.backend(experts.backend)
        return try MoEBlock(layer, backend: backend, threads: experts.threads)
            .forward(samples).output
    }
}
