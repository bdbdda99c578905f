import MoE

/// The pullback of a layer's float experts, and of the router that weighs them.
struct ExpertsGradient: Sendable {
    private let router: Linear
    private let routerBack: Linear
    private let isRenormalized: Bool
    private let gateUp: [Linear]
    private let gateUpBack: [Linear]
    private let downBack: [Linear]

    /// The pullback of a layer.
    ///
    /// - Parameters:
    ///   - layer: a layer with float experts.
    ///   - index: which one.
    /// - Throws: ``EngineError`` for experts or a router that this engine's models do not have.
    init(_ layer: MoELayer, index: Int) throws {
        let rule = layer.router.configuration
        guard case .float(let experts) = layer.experts, layer.activation == .swiGLU,
            layer.shared == nil, layer.latent == nil, !layer.weightsInput,
            rule.logitSoftcap == nil, rule.scalingFactor == 1, layer.router.logitBias == nil,
            layer.router.expertScale == nil,
            (rule.score == .softmax && rule.weighting == .score)
                || (rule.score == .logits && rule.weighting == .softmaxOfSelected)
        else {
            throw EngineError(
                "layer \(index): wanted float experts with SwiGLU behind a softmax, and no others")
        }
        router = Linear(weight: layer.router.weight)
        routerBack = router.transposed
        isRenormalized =
            rule.weighting == .softmaxOfSelected || rule.renormalization != .none
        gateUp = experts.map { Linear(weight: $0.gateUp) }
        gateUpBack = gateUp.map(\.transposed)
        downBack = experts.map { Linear(weight: $0.down).transposed }
    }

    /// The pullback at normed hidden states, `[T, D]`, that were sent to experts.
    func pullback(at x: [Float], _ routing: RecordedRouting) -> Pullback {
        let width = router.inputs, tokens = x.count / width
        let probabilities = isRenormalized ? [] : self.probabilities(router(x))
        let groups = gateUp.indices.map { expert in
            let slots = routing.slots(of: expert)
            return (
                slots: slots,
                activation: SwiGLUGradient(
                    gateUp[expert](routing.rows(x, slots, width: width)),
                    width: gateUp[expert].outputs / 2)
            )
        }
        return { gradient in
            var result = [Float](repeating: 0, count: x.count)
            // What the loss changes by with every routing weight, [T, k].
            var weightGradients = [Float](repeating: 0, count: routing.weights.count)
            for (expert, group) in groups.enumerated() where !group.slots.isEmpty {
                let hidden = group.activation.width
                var back = downBack[expert](routing.rows(gradient, group.slots, width: width))
                for (row, slot) in group.slots.enumerated() {
                    for place in row * hidden..<(row + 1) * hidden {
                        weightGradients[slot] += back[place] * group.activation.output[place]
                        back[place] *= routing.weights[slot]
                    }
                }
                let rows = gateUpBack[expert](group.activation(back))
                for (row, slot) in group.slots.enumerated() {
                    let token = slot / routing.topK
                    for column in 0..<width {
                        result[token * width + column] += rows[row * width + column]
                    }
                }
            }
            let logits = logitGradients(
                weightGradients, routing, probabilities: probabilities, tokens: tokens)
            return result.plus(routerBack(logits))
        }
    }

    /// From gradients with respect to routing weights to ones with respect to logits, `[T, E]`.
    ///
    /// Weights that sum to one are a softmax of the chosen logits alone; others are one of all.
    private func logitGradients(
        _ gradients: [Float], _ routing: RecordedRouting, probabilities: [Float], tokens: Int
    ) -> [Float] {
        let experts = router.outputs
        var result = [Float](repeating: 0, count: tokens * experts)
        for token in 0..<tokens {
            let slots = token * routing.topK..<(token + 1) * routing.topK
            let mean = slots.reduce(0) { $0 + routing.weights[$1] * gradients[$1] }
            for expert in 0..<experts where !isRenormalized {
                result[token * experts + expert] = -probabilities[token * experts + expert] * mean
            }
            for slot in slots {
                let change = routing.weights[slot] * gradients[slot]
                result[token * experts + routing.experts[slot]] +=
                    isRenormalized ? change - routing.weights[slot] * mean : change
            }
        }
        return result
    }

    private func probabilities(_ logits: [Float]) -> [Float] {
        var result = logits
        result.withUnsafeMutableBufferPointer {
            guard let base = $0.baseAddress else { return }
            for start in stride(from: 0, to: $0.count, by: router.outputs) {
                softmax(base + start, count: router.outputs, scale: 1)
            }
        }
        return result
    }
}
