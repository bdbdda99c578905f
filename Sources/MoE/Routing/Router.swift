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
    /// What every weight is multiplied by, by its expert, `[E]`; before the scaling factor.
    public var expertScale: [Float]?
    /// The experts of a token by its id, `[V, k]`, in place of a selection.
    public var expertsOfToken: Matrix<Int32>?
    /// The ε of a root-mean-square norm of the router's input; nil for none.
    ///
    /// A router with a norm reads an input of its own, before the norm of the experts' input.
    public var inputNormEpsilon: Float?

    /// A router of its parameters.
    public init(
        configuration: RouterConfiguration, weight: Matrix<Float>, logitBias: [Float]? = nil,
        correctionBias: [Float]? = nil, expertScale: [Float]? = nil,
        expertsOfToken: Matrix<Int32>? = nil, inputNormEpsilon: Float? = nil
    ) {
        self.configuration = configuration
        self.weight = weight
        self.logitBias = logitBias
        self.correctionBias = correctionBias
        self.expertScale = expertScale
        self.expertsOfToken = expertsOfToken
        self.inputNormEpsilon = inputNormEpsilon
    }

    /// How many experts the router knows, identity experts included.
    public var expertCount: Int { weight.rows }

    /// Checks that configuration and parameters fit.
    ///
    /// - Throws: `configuration` or `shape`, naming the quantities that disagree.
    public func validate() throws(MoEError) {
        try configuration.validate(expertCount: expertCount)
        for (name, bias) in [
            ("logit bias", logitBias), ("correction bias", correctionBias),
            ("expert scale", expertScale),
        ] {
            guard bias.map({ $0.count == expertCount }) ?? true else {
                throw MoEError(
                    .shape,
                    "router: \(name) has \(bias?.count ?? 0) values for \(expertCount) experts")
            }
        }
        guard inputNormEpsilon.map({ $0.isFinite && $0 >= 0 }) ?? true else {
            throw MoEError(
                .value, "router: the norm's epsilon \(inputNormEpsilon ?? 0) is no number from 0 up"
            )
        }
        try validateTable()
    }
}
