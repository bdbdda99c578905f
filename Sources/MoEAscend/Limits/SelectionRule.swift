internal import MoE

/// A router's selection in the words of the device's MoeGatingTopK.
struct SelectionRule {
    /// E.
    let experts: Int
    /// k.
    let topK: Int
    let groups: Int
    let keptGroups: Int
    /// Whether groups rank by the sum of their two best, rather than by the best.
    let ranksBySum: Bool
    /// Whether scores are sigmoids, rather than softmax.
    let isSigmoid: Bool

    private static let mostExperts = 2048

    /// The rule of a router.
    ///
    /// - Parameter router: the router, validated.
    /// - Throws: `unsupported`, naming what the operator does not have.
    init(_ router: Router) throws(AscendError) {
        let configuration = router.configuration
        func refuse(_ reason: String) -> AscendError {
            DeviceLimits.unsupported("select=device: \(reason)")
        }
        guard router.expertsOfToken == nil else {
            throw refuse("the router looks experts up and selects none")
        }
        guard configuration.alwaysChosen == 0 else {
            throw refuse("some experts are always chosen")
        }
        if case .sparseMixer = configuration.weighting {
            throw refuse("the router is a sparse mixer")
        }
        switch configuration.score {
        case .softmax: isSigmoid = false
        case .sigmoid: isSigmoid = true
        // Softmax keeps the order of logits, as long as nothing is added to the scores.
        case .logits where router.correctionBias == nil: isSigmoid = false
        case .logits, .sqrtSoftplus:
            throw refuse("scores are \(configuration.score), wanted softmax or sigmoid")
        }
        experts = router.expertCount
        topK = configuration.topK
        groups = configuration.groups?.count ?? 1
        keptGroups = configuration.groups?.kept ?? 1
        ranksBySum = configuration.groups?.ranking == .sumOfTopTwo
        guard groups == 1 || configuration.groups?.mask == .minusInfinity else {
            throw refuse("experts of other groups stay in the selection with a score of 0")
        }
        let size = experts / groups
        guard size > 2, (size + 31) / 32 * 32 * groups <= Self.mostExperts else {
            throw refuse(
                "\(groups) groups of \(size) experts, wanted more than 2 in each and at most "
                    + "\(Self.mostExperts), every group rounded up to 32")
        }
    }
}
