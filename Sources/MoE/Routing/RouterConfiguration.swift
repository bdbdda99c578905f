/// How a router turns logits into (expert, weight) pairs: one value that covers the families.
///
/// The stages, in order: logits (+ logit bias) → ``logitSoftcap`` → ``score`` → selection score (+ correction bias)
/// → ``groups`` → top-k, the lower index winning ties → weights from the scores *without* the
/// correction → ``weighting`` → ``renormalization`` → ``scalingFactor``.
public struct RouterConfiguration: Sendable, Hashable {
    /// What selection and weights are read from.
    public enum Score: Sendable, Hashable {
        /// exp(l) / Σ exp(l) over all experts.
        case softmax
        /// 1 / (1 + exp(-l)).
        case sigmoid
        /// sqrt(ln(1 + exp(l))).
        case sqrtSoftplus
        /// The logits themselves.
        case logits
    }

    /// What is made of the selected scores before they are renormalised.
    public enum Weighting: Sendable, Hashable {
        /// The score itself.
        case score
        /// A softmax over the selected ones.
        case softmaxOfSelected
        /// The sigmoid of each.
        case sigmoidOfSelected
        /// Phi's SparseMixer: two experts, each weighted by its softmax among the logits that are
        /// relatively nearer to the greatest one left than `2 * jitter`.
        case sparseMixer(jitter: Float)
    }

    /// How the weights of a token are brought to a sum of one.
    public enum Renormalization: Sendable, Hashable {
        /// Not at all.
        case none
        /// w / (Σw + epsilon).
        case sum(epsilon: Float)
        /// w / max(Σw, minimum).
        case sumAtLeast(minimum: Float)
    }

    /// Selection limited to the best groups of neighbouring experts.
    public struct Groups: Sendable, Hashable {
        /// What a group is ranked by.
        public enum Ranking: Sendable, Hashable {
            /// Its greatest selection score.
            case maximum
            /// The sum of its two greatest.
            case sumOfTopTwo
        }

        /// What the selection scores of the other groups become.
        public enum Mask: Sendable, Hashable {
            /// -infinity: never selected.
            case minusInfinity
            /// 0: selected where every other score is below 0.
            case zero
        }

        /// How many groups the experts form; divides their number.
        public var count: Int
        /// How many groups stay in the selection.
        public var kept: Int
        /// What a group is ranked by.
        public var ranking: Ranking
        /// What the scores of the other groups become.
        public var mask: Mask

        /// Selection limited to the best `kept` of `count` groups.
        public init(count: Int, kept: Int, ranking: Ranking, mask: Mask) {
            self.count = count
            self.kept = kept
            self.ranking = ranking
            self.mask = mask
        }
    }

    /// How many experts a token is sent to, those that are always chosen among them.
    public var topK: Int
    /// How many of the last experts every token is sent to, whatever their scores.
    ///
    /// Shared experts that share in the weights; their slots stand behind the selected ones'.
    public var alwaysChosen: Int
    /// c of `c * tanh(l / c)`, which every logit goes through; nil for none.
    public var logitSoftcap: Float?
    /// What selection and weights are read from.
    public var score: Score
    /// Selection limited to the best groups, or nil.
    public var groups: Groups?
    /// What is made of the selected scores.
    public var weighting: Weighting
    /// How the weights are brought to a sum of one.
    public var renormalization: Renormalization
    /// What every weight is multiplied by at the end.
    public var scalingFactor: Float

    /// A router's configuration; what is not given stays plain.
    public init(
        topK: Int, alwaysChosen: Int = 0, score: Score, groups: Groups? = nil,
        weighting: Weighting = .score,
        renormalization: Renormalization = .none, scalingFactor: Float = 1
    ) {
        self.topK = topK
        self.alwaysChosen = alwaysChosen
        self.logitSoftcap = nil
        self.score = score
        self.groups = groups
        self.weighting = weighting
        self.renormalization = renormalization
        self.scalingFactor = scalingFactor
    }

    /// Checks the configuration against a number of experts.
    ///
    /// - Parameter expertCount: routed experts, identity experts included.
    /// - Throws: `configuration`, naming the quantities that disagree.
    public func validate(expertCount: Int) throws(MoEError) {
        func refuse(_ message: String) -> MoEError {
            MoEError(.configuration, "router: \(message)")
        }
        guard topK >= 1, topK <= expertCount else {
            throw refuse("top-k \(topK) is not within 1...\(expertCount) experts")
        }
        guard alwaysChosen == 0 || (1..<topK).contains(alwaysChosen) else {
            throw refuse(
                "\(alwaysChosen) experts that are always chosen leave nothing to select of "
                    + "top-k \(topK)")
        }
        guard alwaysChosen == 0 || groups == nil else {
            throw refuse("experts that are always chosen stand beside no groups of experts")
        }
        guard scalingFactor.isFinite else {
            throw refuse("scaling factor \(scalingFactor) is not finite")
        }
        guard logitSoftcap.map({ $0.isFinite && $0 > 0 }) ?? true else {
            throw refuse("logit softcap \(logitSoftcap ?? 0) is not a finite number above 0")
        }
        if case .sparseMixer = weighting,
            topK != 2 || score != .logits || groups != nil || alwaysChosen > 0
        {
            throw refuse("a sparse mixer chooses two experts by logits, not \(topK) by scores")
        }
        guard let groups else { return }
        guard groups.count >= 1, expertCount % groups.count == 0 else {
            throw refuse("\(expertCount) experts cannot form \(groups.count) equal groups")
        }
        guard groups.kept >= 1, groups.kept <= groups.count else {
            throw refuse("\(groups.kept) kept groups are not within 1...\(groups.count) groups")
        }
        let groupSize = expertCount / groups.count
        guard groups.ranking == .maximum || groupSize >= 2 else {
            throw refuse("groups of one expert have no two best scores to rank them by")
        }
        guard groups.kept * groupSize >= topK else {
            throw refuse(
                "\(groups.kept) kept groups of \(groupSize) experts are fewer than top-k \(topK)")
        }
    }
}
