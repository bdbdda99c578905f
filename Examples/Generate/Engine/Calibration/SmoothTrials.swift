import Foundation
import MoE

/// A decoder with the int8 experts of one layer alone: without factors, and with those of every α.
struct SmoothTrials {
    /// The decoders; the first has no factors.
    let decoders: [Decoder]
    /// ln f where the noise is least, `[E, H]`.
    private let logarithms: Matrix<Float>

    /// The trials of a layer.
    ///
    /// - Parameters:
    ///   - index: the layer.
    ///   - decoder: the model, with float experts.
    ///   - collected: the rows of the layer.
    ///   - alphas: the values of α.
    ///   - threads: how many experts are worked on at the same time.
    /// - Throws: what quantising and preparing the layer throws.
    init(
        layer index: Int, of decoder: Decoder, _ collected: ActivatedRows, alphas: [Float],
        threads: Int
    ) throws {
        let noises = zip(collected.rows, collected.experts).map {
            DownProjectionNoise($0, $1.down)
        }
        let rows = try parallelMap(noises, threads: threads) {
        } transform: { _, noise in
            noise.leastLogarithms()
        }
        let logarithms = try Matrix(
            rows: rows.count, columns: rows.first?.count ?? 0, elements: rows.flatMap { $0 })
        let backend = try Backends.backend(decoder.experts.backend)
        func trial(_ factors: Matrix<Float>?) throws -> Decoder {
            var layer = collected.layer
            layer.experts = try layer.experts.quantized(smooth: factors)
            return decoder.replacing(
                layer: index, by: try MoEBlock(layer, backend: backend, threads: 1))
        }
        self.logarithms = logarithms
        decoders =
            [try trial(nil)]
            + (try alphas.map { try trial(Self.factors(logarithms, alpha: $0)) })
    }

    /// The factors for an α, `[E, H]`; of every expert their geometric mean is 1.
    func factors(alpha: Float) throws -> Matrix<Float> {
        try Self.factors(logarithms, alpha: alpha)
    }

    private static func factors(
        _ logarithms: Matrix<Float>, alpha: Float
    ) throws -> Matrix<Float> {
        try Matrix(
            rows: logarithms.rows, columns: logarithms.columns,
            elements: logarithms.elements.map { exp(alpha * $0) })
    }
}
