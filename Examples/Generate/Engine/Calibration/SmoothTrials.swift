import Foundation
import MoE

/// The int8 experts of one layer: without factors, and with those of every α.
struct SmoothTrials {
    /// The blocks; the first has no factors.
    let blocks: [MoEBlock]
    /// Decoders whose other layers are float, one for every block.
    let decoders: [Decoder]
    private let alphas: [Float]
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
        func block(_ factors: Matrix<Float>?) throws -> MoEBlock {
            var layer = collected.layer
            layer.experts = try layer.experts.quantized(smooth: factors)
            return try MoEBlock(layer, backend: backend, threads: 1)
        }
        self.alphas = alphas
        self.logarithms = logarithms
        blocks =
            [try block(nil)]
            + (try alphas.map { try block(Self.factors(logarithms, alpha: $0)) })
        decoders = blocks.map { decoder.replacing(layer: index, by: $0) }
    }

    /// The block with the factors of an α; nil for an α that was not tried.
    func block(alpha: Float) -> MoEBlock? {
        alphas.firstIndex(of: alpha).map { blocks[1 + $0] }
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
