import Foundation
import MoE

/// The smooth factors f of one layer with which rounding puts the least noise into its outputs.
///
/// Of every expert any power f^α may be used: α = 0 is the expert without factors, as every factor is
/// 1 then.
struct LeastNoiseFactors {
    /// The layer, with float experts.
    let layer: MoELayer
    /// ln f, `[E, H]`.
    private let logarithms: Matrix<Float>

    /// How many experts the layer has.
    var expertCount: Int { logarithms.rows }

    /// Finds the factors.
    ///
    /// - Parameters:
    ///   - collected: the rows of the layer.
    ///   - threads: how many experts are worked on at the same time.
    /// - Throws: `MoEError` for experts of different widths.
    init(_ collected: ActivatedRows, threads: Int) throws {
        let noises = zip(collected.rows, collected.experts).map {
            DownProjectionNoise($0, $1.down)
        }
        let rows = try parallelMap(noises, threads: threads) {
        } transform: { _, noise in
            noise.leastLogarithms()
        }
        layer = collected.layer
        logarithms = try Matrix(
            rows: rows.count, columns: rows.first?.count ?? 0, elements: rows.flatMap { $0 })
    }

    /// The powers f^α.
    ///
    /// - Parameter alphas: α of every expert.
    /// - Returns: `[E, H]`; of every expert the geometric mean is 1.
    /// - Throws: `MoEError` for fewer of them than experts.
    func powers(_ alphas: [Float]) throws -> Matrix<Float> {
        try Matrix(
            rows: logarithms.rows, columns: logarithms.columns,
            elements: zip(0..<expertCount, alphas).flatMap { expert, alpha in
                logarithms.row(expert).map { exp(alpha * $0) }
            })
    }

    /// The layer's experts in int8, with the factors f^α.
    ///
    /// - Parameters:
    ///   - alphas: α of every expert.
    ///   - backend: what computes them, on one thread.
    /// - Returns: the block.
    /// - Throws: what quantising and preparing the layer throws.
    func block(_ alphas: [Float], backend: any ExpertBackend) throws -> MoEBlock {
        var smoothed = layer
        smoothed.experts = try layer.experts.quantized(smooth: powers(alphas))
        return try MoEBlock(smoothed, backend: backend, threads: 1)
    }
}
