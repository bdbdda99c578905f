import MoE
import MoECheckpoint

/// Gradients with respect to the residual stream behind every layer, which are those with respect to
/// what the layer's experts add to it.
struct StreamGradients: Sendable {
    /// What takes a gradient back through a layer.
    private enum Transformation: Sendable {
        case experts(ExpertsGradient)
        case dense(DenseNetwork)
    }

    private let decoder: Decoder
    private let head: Linear
    private let attentions: [AttentionGradient]
    private let transformations: [Transformation]

    /// The gradients of a model.
    ///
    /// - Parameters:
    ///   - decoder: the model, with float experts.
    ///   - positions: how long a text may be.
    /// - Throws: what reading layers throws, and ``ExpertsGradient``.
    init(_ decoder: Decoder, positions: Int) throws {
        let rotary = RotaryEmbedding(
            headWidth: decoder.configuration.headWidth, theta: decoder.configuration.ropeTheta,
            positions: positions)
        self.decoder = decoder
        head = decoder.head.transposed
        attentions = decoder.layers.map { AttentionGradient($0.attention, rotary) }
        transformations = try decoder.layers.enumerated().map { index, layer in
            switch layer.feedForward {
            case .experts:
                .experts(
                    try ExpertsGradient(
                        decoder.checkpoint.layer(index, experts: .float), index: index))
            case .dense(let network): .dense(network)
            }
        }
    }

    /// The pullback of a whole pass.
    ///
    /// - Parameter pass: a pass over a text of which all tokens' logits were computed.
    /// - Returns: what takes a gradient with respect to the logits, `[T, V]`, to those with respect
    ///   to the stream behind every layer, `[T, D]` each.
    func pullback(of pass: RecordedPass) -> (_ logits: [Float]) -> [[Float]] {
        let norm = decoder.norm.pullback(at: pass.streams.last ?? [])
        let layers = decoder.layers.indices.dropFirst().map { index in
            let layer = decoder.layers[index], stream = pass.streams[index - 1]
            let attentionNorm = layer.attentionNorm.pullback(at: stream)
            let attention = attentions[index].pullback(at: layer.attentionNorm(stream))
            let norm = layer.feedForwardNorm.pullback(at: pass.attended[index])
            let transformation: Pullback =
                switch transformations[index] {
                case .experts(let experts):
                    experts.pullback(at: pass.inputs[index], pass.routings[index])
                case .dense(let network): network.pullback(at: pass.inputs[index])
                }
            return { (gradient: [Float]) -> [Float] in
                let attended = gradient.plus(norm(transformation(gradient)))
                return attended.plus(attentionNorm(attention(attended)))
            }
        }
        return { logits in
            var gradients = [norm(head(logits))]
            for layer in layers.reversed() {
                gradients.append(layer(gradients[gradients.count - 1]))
            }
            return gradients.reversed()
        }
    }
}
