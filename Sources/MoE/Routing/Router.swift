/// A router: its configuration and its parameters.
public struct Router: Sendable {
    /// How logits become (expert, weight) pairs.
    public var configuration: RouterConfiguration
    /// One row per expert, `[E, D]`; identity experts have rows too.
    public var weight: Matrix<Float>
    /// Added to the logits, `[E]`.
    public var logitBias: [Float]?
    /// Added to the scores for the selection only, never to the weights, `[E]`.
    public var correctionBias: [Float]?

    /// A router of its parameters; ``MoEBlock`` checks that they fit.
    public init(
        configuration: RouterConfiguration, weight: Matrix<Float>, logitBias: [Float]? = nil,
        correctionBias: [Float]? = nil
    ) {
        self.configuration = configuration
        self.weight = weight
        self.logitBias = logitBias
        self.correctionBias = correctionBias
    }
}
