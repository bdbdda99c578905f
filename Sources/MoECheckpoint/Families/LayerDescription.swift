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
    /// What happens between the projections of every expert.
    package var activation: Activation
    /// Rows of the shared expert's gate; 0 without one.
    package var sharedWidth: Int

    /// A layer whose sizes stand under the usual keys.
    ///
    /// - Parameters:
    ///   - config: the configuration, as the layer sees it.
    ///   - expertWidth: where the width of an expert stands.
    ///   - router: how logits become (expert, weight) pairs.
    ///   - activation: what happens between the projections; nil reads `hidden_act`, which must
    ///     then be the SiLU.
    ///   - sharedWidth: rows of the shared expert's gate; 0 without one.
    /// - Throws: `configuration` for a size that is absent, out of range or contradictory, or a
    ///   router that cannot work with them.
    init(
        _ config: LayerConfiguration, expertWidth: Quantity, router: RouterConfiguration,
        activation: Activation? = nil, sharedWidth: Int = 0
    ) throws(CheckpointError) {
        self.hiddenSize = try config.required(.hiddenSize)
        self.expertWidth = try config.required(expertWidth)
        self.expertCount = try config.required(.expertCount)
        self.router = router
        self.activation = if let activation { activation } else { try config.siluActivation() }
        self.sharedWidth = sharedWidth
        do {
            try router.validate(expertCount: expertCount)
        } catch {
            throw CheckpointError(.configuration, "\(config.model.file): \(error.message)")
        }
    }

    /// Rows of the router: routed and identity experts.
    var routerRows: Int { expertCount + identityExpertCount }
}

extension LayerConfiguration {
    /// The gated activation of every family whose experts use the SiLU.
    fileprivate func siluActivation() throws(CheckpointError) -> Activation {
        _ = try word(["hidden_act"], of: ["silu", "swish"], default: "silu")
        return .swiGLU
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
