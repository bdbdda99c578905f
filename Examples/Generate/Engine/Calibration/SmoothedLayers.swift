import MoE

/// Of the layers for which factors were chosen, those that keep them.
///
/// Layers are left out one after the other, each time the one without which the divergence is
/// least, until neither bits per byte nor agreement is worse than without any factors.
struct SmoothedLayers {
    /// A layer's int8 experts.
    struct Choice {
        let layer: Int
        /// Without factors.
        let plain: MoEBlock
        /// With factors; nil where none were chosen.
        let smoothed: MoEBlock?
    }

    /// The layers that keep their factors, ascending.
    let kept: [Int]
    /// The model's figures without factors.
    let plain: Evaluation.Figures
    /// Its figures with the factors that are kept; nil without such.
    let smoothed: Evaluation.Figures?

    /// Tries sets of layers.
    ///
    /// - Parameters:
    ///   - choices: all layers that have experts.
    ///   - decoder: the model.
    ///   - measure: the figures of decoders.
    /// - Throws: what measuring throws.
    init(
        _ choices: [Choice], of decoder: Decoder,
        measure: ([Decoder]) throws -> [Evaluation.Figures]
    ) throws {
        func int8(smoothing layers: [Int]) -> Decoder {
            choices.reduce(decoder) { decoder, choice in
                let smoothed = layers.contains(choice.layer) ? choice.smoothed : nil
                return decoder.replacing(layer: choice.layer, by: smoothed ?? choice.plain)
            }
        }
        let plain = try measure([int8(smoothing: [])])[0]
        var sets = [choices.filter { $0.smoothed != nil }.map(\.layer)]
        while let first = sets.first, !first.isEmpty {
            let measured = zip(sets, try measure(sets.map(int8)))
                .sorted { $0.1.meanDivergence < $1.1.meanDivergence }
            if let best = measured.first(where: { $0.1.improves(on: plain) }) {
                self.init(kept: best.0, plain: plain, smoothed: best.1)
                return
            }
            let next = measured.first?.0 ?? []
            sets = next.map { layer in next.filter { $0 != layer } }
        }
        self.init(kept: [], plain: plain, smoothed: nil)
    }

    private init(kept: [Int], plain: Evaluation.Figures, smoothed: Evaluation.Figures?) {
        self.kept = kept
        self.plain = plain
        self.smoothed = smoothed
    }
}

extension SmoothedLayers.Choice {
    /// The int8 experts of a layer for which factors were chosen, or none.
    ///
    /// - Throws: what quantising and preparing the layer throws.
    init(
        _ chosen: Calibration.LayerResult, _ factors: LeastNoiseFactors, of decoder: Decoder
    ) throws {
        let backend = try Backends.backend(decoder.experts.backend)
        layer = chosen.layer
        plain = try factors.block(chosen.alphas.map { _ in 0 }, backend: backend)
        smoothed =
            chosen.alphas.contains { $0 > 0 }
            ? try factors.block(chosen.alphas, backend: backend) : nil
    }
}
