import Foundation
import MoE

/// A decoder with the int8 experts of one layer alone: without factors, and with those of every α.
struct SmoothTrials {
    private let collected: LayerShares
    /// The decoders; the first has no factors.
    let decoders: [Decoder]

    /// The trials of a layer.
    ///
    /// - Parameters:
    ///   - index: the layer.
    ///   - decoder: the model, with float experts.
    ///   - collected: what was collected of the layer.
    ///   - alphas: the values of α.
    /// - Throws: what quantising and preparing the layer throws.
    init(
        layer index: Int, of decoder: Decoder, _ collected: LayerShares, alphas: [Float]
    ) throws {
        self.collected = collected
        let backend = try Backends.backend(decoder.experts.backend)
        func trial(_ factors: Matrix<Float>?) throws -> Decoder {
            var layer = collected.layer
            layer.experts = try layer.experts.quantized(smooth: factors)
            return decoder.replacing(
                layer: index, by: try MoEBlock(layer, backend: backend, threads: 1))
        }
        decoders =
            [try trial(nil)]
            + (try alphas.map { try trial(Self.factors(collected, alpha: $0)) })
    }

    /// The factors for an α, `[E, H]`; of every expert their geometric mean is 1.
    func factors(alpha: Float) -> Matrix<Float> { Self.factors(collected, alpha: alpha) }

    private static func factors(_ collected: LayerShares, alpha: Float) -> Matrix<Float> {
        var factors = collected.weights
        for expert in 0..<factors.rows {
            let logarithms = (0..<factors.columns).map { column -> Float? in
                let activation = collected.activation(expert, column)
                let weight = collected.weights[expert, column]
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
}
