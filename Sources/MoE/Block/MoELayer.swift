/// One MoE layer as a model defines it: configuration and weights, before any backend sees them.
public struct MoELayer: Sendable {
    /// The router's configuration and parameters.
    public var router: Router
    /// The activation between the two projections of every expert; the shared one may have another.
    public var activation: Activation
    /// The routed experts, all of one shape.
    public var experts: ExpertWeights
    /// The expert every token goes through, if there is one.
    public var shared: SharedExpert?
    /// Whether a routing weight multiplies its expert's input, in place of its output.
    public var weightsInput: Bool
    /// The projections around routed experts of a width of their own; nil where that is the tokens'.
    public var latent: LatentProjections?

    /// A layer of its parts; ``MoEBlock`` checks that they fit.
    public init(
        router: Router, activation: Activation = .swiGLU, experts: ExpertWeights,
        shared: SharedExpert? = nil, weightsInput: Bool = false, latent: LatentProjections? = nil
    ) {
        self.router = router
        self.activation = activation
        self.experts = experts
        self.shared = shared
        self.weightsInput = weightsInput
        self.latent = latent
    }
}

/// The expert every token goes through; several shared experts are one of their summed width.
public struct SharedExpert: Sendable {
    /// One expert, in the form of the routed ones.
    public var experts: ExpertWeights
    /// A row `[D]`: the output is multiplied by `sigmoid(x · gate)`; nil for no gate.
    public var gate: [Float]?
    /// What happens between its projections; nil for the activation of the routed experts.
    public var activation: Activation?
    /// What the output is multiplied by, beside the gate.
    public var scale: Float

    /// A shared expert, optionally behind a sigmoid gate.
    public init(
        experts: ExpertWeights, gate: [Float]? = nil, activation: Activation? = nil,
        scale: Float = 1
    ) {
        self.experts = experts
        self.gate = gate
        self.activation = activation
        self.scale = scale
    }
}
