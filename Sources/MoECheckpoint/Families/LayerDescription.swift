package import MoE

/// What a model's configuration says of one MoE layer.
package struct LayerDescription: Sendable, Hashable {
    /// Elements of a token's hidden state: D.
    package var hiddenSize: Int
    /// Rows of an expert's gate: H.
    package var expertWidth: Int
    /// Routed experts: E.
    package var expertCount: Int
    /// Experts without weights that give back their input; they have router rows too.
    package var identityExpertCount = 0
    /// How logits become (expert, weight) pairs.
    package var router: RouterConfiguration
    /// Whether the selection uses the family's correction bias.
    package var usesCorrectionBias = true
    /// Tokens of the vocabulary, where experts are looked up by token; nil where they are chosen.
    package var vocabularySize: Int?
    /// The ε of the norm of the router's input; nil for none.
    package var routerNormEpsilon: Float?
    /// Whether a routing weight multiplies its expert's input, in place of its output.
    package var weightsInput = false
    /// The width in which the routed experts work: L; nil where it is the tokens'.
    package var latentWidth: Int?
    /// What happens between the projections of every expert.
    package var activation: Activation
    /// Rows of the shared expert's gate; 0 without one.
    package var sharedWidth: Int
    /// What happens between the shared expert's projections; nil for the same.
    package var sharedActivation: Activation?
    /// What the shared expert's output is multiplied by.
    package var sharedScale: Float = 1

    /// A layer whose sizes stand under the usual keys.
    ///
    /// - Parameters:
    ///   - config: the configuration, as the layer sees it.
    ///   - expertWidth: where the width of an expert stands.
    ///   - router: how logits become (expert, weight) pairs.
    ///   - activation: what happens between the projections; nil reads `hidden_act`, which must
    ///     then be the SiLU.
    ///   - sharedWidth: rows of the shared expert's gate; 0 without one.
    ///   - identityExpertCount: experts without weights, behind the others.
    /// - Throws: `configuration` for a size that is absent, out of range or contradictory, or a
    ///   router that cannot work with them.
    init(
        _ config: LayerConfiguration, expertWidth: Quantity, router: RouterConfiguration,
        activation: Activation? = nil, sharedWidth: Int = 0, identityExpertCount: Int = 0
    ) throws(CheckpointError) {
        self.hiddenSize = try config.required(.hiddenSize)
        self.expertWidth = try config.required(expertWidth)
        self.expertCount = try config.required(.expertCount)
        self.router = router
        self.activation = if let activation { activation } else { try config.siluActivation() }
        self.sharedWidth = sharedWidth
        self.identityExpertCount = identityExpertCount
        do {
            try router.validate(expertCount: routerRows)
        } catch {
            throw CheckpointError(.configuration, "\(config.model.file): \(error.message)")
        }
    }

    /// Rows of the router: routed and identity experts, and those that are always chosen.
    var routerRows: Int { expertCount + identityExpertCount + router.alwaysChosen }

    /// What the routed experts read and give back: L or D elements.
    var expertHiddenSize: Int { latentWidth ?? hiddenSize }
}

extension LayerConfiguration {
    /// The gated activation of every family whose experts use the SiLU.
    func siluActivation(_ keys: [String] = ["hidden_act"]) throws(CheckpointError) -> Activation {
        _ = try word(keys, of: ["silu", "swish"], default: "silu")
        return .swiGLU
    }

    /// The SiLU of a gate that is cut from above, times an up that is cut from both sides.
    ///
    /// - Parameter limit: the family's own `swiglu_limit`, where the key is absent.
    /// - Returns: the activation.
    /// - Throws: `configuration` for another activation, or a limit that is not above 0.
    func clampedBeforeSiLU(limit: Float) throws(CheckpointError) -> Activation {
        _ = try siluActivation()
        return .clampedSwiGLU(
            ClampedSwiGLU(limit: try positive("swiglu_limit", default: limit), alpha: 1, bias: 0))
    }

    /// gpt-oss's activation: clamped, the sigmoid of `swiglu_alpha` times the gate, the up plus 1.
    func clampedOpenAI() throws(CheckpointError) -> Activation {
        .clampedSwiGLU(
            ClampedSwiGLU(
                limit: try positive("swiglu_limit", default: 7),
                alpha: try number(["swiglu_alpha"], default: 1.702), bias: 1))
    }

    private func positive(_ key: String, default value: Float) throws(CheckpointError) -> Float {
        let number = try number([key], default: value)
        guard number > 0 else {
            throw CheckpointError(
                .configuration, "\(model.file): \(key): \(number), wanted a number above 0")
        }
        return number
    }

    /// Rows of shared experts that are as wide as the routed ones: S · H.
    func sharedWidth(times expertWidth: Quantity) throws(CheckpointError) -> Int {
        let count = try optional(.sharedExpertCount) ?? 0
        let width = try count * required(expertWidth)
        guard width <= Quantity.width.upperBound else {
            throw CheckpointError(
                .configuration,
                "\(model.file): \(count) shared experts have \(width) rows, wanted "
                    + "at most \(Quantity.width.upperBound)")
        }
        return width
    }
}
