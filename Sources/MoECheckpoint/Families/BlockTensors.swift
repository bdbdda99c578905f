/// The names of a MoE block's tensors within its layer: what follows `model.layers.3.`.
///
/// Families publish the same tensor under several names; of the candidates of a role a layer must
/// have exactly one.
package struct BlockTensors: Sendable {
    /// The router's weight, `[E, D]`: a layer that has none of these is dense.
    let router: [String]
    /// Which of those are stored the other way round, `[D, E]`.
    let transposedRouters: [String]
    /// Added to the logits, `[E]`; empty for families without.
    let logitBias: [String]
    /// Added to the scores for the selection only, `[E]` or `[1, E]`; empty for families without.
    let correctionBias: [String]
    /// Which row of it is meant, where it has one for each of several sets of experts.
    let correctionSet: ExpertSet
    /// What the router's input is multiplied by after its norm, `[D]`; empty for families without.
    let routerScale: [String]
    /// What an expert's weight is multiplied by, `[E]`; empty for families without.
    let expertScale: [String]
    /// What every weight is multiplied by, `[1]`; empty for families without.
    let weightScale: [String]
    /// The experts of every token of the vocabulary, `[V, k]`; empty for families without.
    let expertsOfToken: [String]
    /// What tokens go through before experts of a latent width, `[L, D]`; empty for families without.
    let compression: [String]
    /// What those experts' sum goes through, `[D, L]`; empty for families without.
    let expansion: [String]
    /// The forms the routed experts may have; where the names fit more than one, shapes decide,
    /// and where those fit too, the order here.
    let experts: [ExpertForm]
    /// The forms the experts may have that are always chosen; empty for families without.
    let alwaysChosen: [ExpertForm]
    /// The forms the shared expert may have; empty for families without.
    let shared: [ExpertForm]
    /// The sigmoid gate of the shared expert, `[1, D]`; empty for families without.
    let sharedGate: [String]
    /// Tensors that stand among the block's and are the layer's: nothing here reads them.
    let ofTheLayer: [String]

    /// The names of a block's tensors, role by role.
    package init(
        router: [String], transposedRouters: [String] = [],
        logitBias: [String] = [], correctionBias: [String] = [],
        correctionSet: ExpertSet = .only, routerScale: [String] = [], expertScale: [String] = [],
        weightScale: [String] = [], expertsOfToken: [String] = [],
        compression: [String] = [], expansion: [String] = [], experts: [ExpertForm],
        alwaysChosen: [ExpertForm] = [],
        shared: [ExpertForm] = [], sharedGate: [String] = [],
        ofTheLayer: [String] = []
    ) {
        self.router = router
        self.transposedRouters = transposedRouters
        self.logitBias = logitBias
        self.correctionBias = correctionBias
        self.correctionSet = correctionSet
        self.routerScale = routerScale
        self.expertScale = expertScale
        self.weightScale = weightScale
        self.expertsOfToken = expertsOfToken
        self.compression = compression
        self.expansion = expansion
        self.experts = experts
        self.alwaysChosen = alwaysChosen
        self.shared = shared
        self.sharedGate = sharedGate
        self.ofTheLayer = ofTheLayer
    }
}

extension BlockTensors {
    /// DeepSeek-V3's names, which many families publish under.
    static let deepSeekV3 = BlockTensors(
        router: ["mlp.gate.weight"],
        correctionBias: ["mlp.gate.e_score_correction_bias"],
        experts: ExpertForm.published("mlp.experts"),
        shared: [.separate("mlp.shared_experts")])

    /// DeepSeek-V3's names, without a shared expert.
    static let deepSeekV3Routed = BlockTensors(
        router: ["mlp.gate.weight"],
        correctionBias: ["mlp.gate.e_score_correction_bias"],
        experts: ExpertForm.published("mlp.experts"))
}
