public import MoE

/// What one MoE layer of a checkpoint is, found out from its configuration and headers.
public struct LayerSummary: Sendable, Hashable {
    /// Elements of a token's hidden state: D.
    public let hiddenSize: Int
    /// The width in which the routed experts work; nil where it is the hidden size.
    public let latentWidth: Int?
    /// Rows of an expert's gate: H.
    public let expertWidth: Int
    /// Routed experts: E, less those that are always chosen.
    public let expertCount: Int
    /// Experts without weights that give back their input.
    public let identityExpertCount: Int
    /// Rows of the shared expert's gate; 0 without one.
    public let sharedWidth: Int
    /// Whether the shared expert's output goes through a sigmoid gate.
    public let hasSharedGate: Bool
    /// How logits become (expert, weight) pairs.
    public let router: RouterConfiguration
    /// Whether a bias is added to the logits.
    public let hasLogitBias: Bool
    /// Whether a correction bias is added to the scores for the selection.
    public let hasCorrectionBias: Bool
    /// Whether experts are looked up by the token's id, so that a forward needs the ids.
    public let needsTokenIDs: Bool
    /// Whether the router reads another tensor than the experts, so that a forward needs it too.
    public let needsRouterInput: Bool
    /// Whether a routing weight multiplies its expert's input, in place of its output.
    public let weightsInput: Bool
    /// What happens between an expert's projections.
    public let activation: Activation
    /// What happens between the shared expert's projections.
    public let sharedActivation: Activation
    /// How the experts' weights are stored: `BF16`, `int8`, `FP8`; more than one where gate, up,
    /// down or the shared expert differ.
    public let formats: [String]
    /// Whether weights are quantised already, in a form other than int8 with a scale per channel.
    public let isRequantized: Bool
    /// Weights of all experts, the shared one included: as many bytes once they are int8.
    public let weightCount: Int
    /// Output channels of all experts, the shared one included: each has a float32 scale.
    public let channelCount: Int

    /// Bytes of the experts, the shared one included, as int8 with their scales.
    public var int8ByteCount: Int {
        let (scales, overflow) = channelCount.multipliedReportingOverflow(by: 4)
        return weightCount.saturating(adding: overflow ? .max : scales)
    }

    /// A layer in figures.
    init(_ description: LayerDescription, _ plan: LayerPlan) {
        hiddenSize = description.hiddenSize
        latentWidth = description.latentWidth
        expertWidth = description.expertWidth
        expertCount = description.expertCount
        identityExpertCount = description.identityExpertCount
        sharedWidth = description.sharedWidth
        hasSharedGate = plan.sharedGate != nil
        router = description.router
        hasLogitBias = plan.logitBias != nil
        hasCorrectionBias = plan.correctionBias != nil
        needsTokenIDs = plan.expertsOfToken != nil
        needsRouterInput = description.routerNormEpsilon != nil
        weightsInput = description.weightsInput
        activation = description.activation
        sharedActivation = description.sharedActivation ?? description.activation
        let experts = plan.experts + [plan.shared].compactMap(\.self)
        var (formats, weights, channels) = ([String](), 0, 0)
        var isRequantized = false
        for slice in experts.lazy.flatMap(\.slices) {
            let format =
                slice.encoding.isQuantized ? slice.encoding.name : slice.entry.type.rawValue
            if !formats.contains(format) { formats.append(format) }
            isRequantized =
                isRequantized || (slice.encoding.isQuantized && !slice.encoding.isInt8PerChannel)
            let (count, overflow) = slice.rows.multipliedReportingOverflow(by: slice.columns)
            weights = weights.saturating(adding: overflow ? .max : count)
            channels = channels.saturating(adding: slice.rows)
        }
        (self.formats, weightCount, channelCount) = (formats, weights, channels)
        self.isRequantized = isRequantized
    }
}

// MARK: - In words

extension LayerSummary {
    /// How experts are chosen and weighted, in a line.
    public var routerInWords: String {
        var words =
            needsTokenIDs ? ["experts by token id"] : ["top \(router.topK - router.alwaysChosen)"]
        if router.alwaysChosen > 0 { words.append("and \(router.alwaysChosen) for every token") }
        words.append(router.scoresInWords)
        if needsRouterInput { words.append("of an input of its own, normed") }
        if let cap = router.logitSoftcap { words.append("soft cap \(cap)") }
        if hasLogitBias { words.append("bias") }
        if hasCorrectionBias { words.append("correction bias") }
        if let groups = router.groups {
            let rank = groups.ranking == .maximum ? "best" : "two best"
            words.append("\(groups.kept) of \(groups.count) groups by their \(rank)")
        }
        if router.renormalization != .none { words.append("renormalised") }
        if router.scalingFactor != 1 { words.append("times \(router.scalingFactor)") }
        if weightsInput { words.append("weight on the input") }
        return words.joined(separator: ", ")
    }

    /// What happens between the projections, in a line.
    public var activationInWords: String {
        activation == sharedActivation || sharedWidth == 0
            ? activation.inWordsWithLimits
            : "\(activation.inWordsWithLimits); shared: \(sharedActivation.inWordsWithLimits)"
    }
}

extension Activation {
    fileprivate var inWordsWithLimits: String {
        switch self {
        case .clampedSwiGLU(let clamp): "\(inWords) at \(clamp.limit)"
        case .swiGLUClampedAfter(let limit): "SwiGLU, clamped after the SiLU at \(limit)"
        case .softcappedSwiGLU(let gate, let up): "\(inWords) at \(gate) and \(up)"
        default: inWords
        }
    }
}
