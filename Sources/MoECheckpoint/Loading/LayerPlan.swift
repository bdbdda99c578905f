internal import MoE

/// Where all tensors of one MoE layer are, checked against the configuration before any is read.
struct LayerPlan: Sendable {
    /// `[E, D]`, identity experts included.
    let router: MatrixPlan
    /// `[E]`, as a matrix of single columns.
    let logitBias: MatrixPlan?
    /// `[E]` less the experts that are always chosen, as a matrix of single columns.
    let correctionBias: MatrixPlan?
    /// `[D]`, as a matrix of single columns.
    let routerScale: MatrixPlan?
    /// `[E]`, as a matrix of single columns.
    let expertScale: MatrixPlan?
    /// `[1]`.
    let weightScale: MatrixPlan?
    /// `[V, k]` of integers.
    let expertsOfToken: IntegerTable?
    /// `[L, D]`, where the routed experts work in a latent width.
    let compression: MatrixPlan?
    /// `[D, L]`, where they do.
    let expansion: MatrixPlan?
    /// The routed experts, those that are always chosen last.
    let experts: [ExpertPlan]
    /// How those are spread over tensors.
    let expertForm: ExpertForm
    /// How those are that are always chosen, and how many there are.
    let alwaysChosen: (form: ExpertForm, count: Int)?
    /// The shared expert.
    let shared: ExpertPlan?
    /// How that is spread over tensors.
    let sharedForm: ExpertForm?
    /// `[1, D]`, or `[D]` as a matrix of single columns.
    let sharedGate: MatrixPlan?

    /// Finds the tensors of a MoE layer.
    ///
    /// - Parameters:
    ///   - description: what the configuration says of the layer.
    ///   - family: what the tensors are called.
    ///   - layer: the layer's tensors.
    /// - Throws: `tensor` for a tensor that is missing, of another shape, or that nothing of the
    ///   block would read; `unsupported` for one of another type.
    init(
        _ description: LayerDescription, family: ModelFamily, in layer: LayerWeights
    ) throws(CheckpointError) {
        var finder = RoleFinder(layer)
        let names = family.tensors
        let (rows, hiddenSize) = (description.routerRows, description.hiddenSize)
        router = try finder.matrix(
            "a router", names.router, [rows, hiddenSize], transposed: names.transposedRouters)
        logitBias = try finder.vector("a router bias", names.logitBias, rows)
        correctionBias = try finder.vector(
            "a correction bias", description.usesCorrectionBias ? names.correctionBias : [],
            rows - description.router.alwaysChosen, of: names.correctionSet)
        routerScale = try finder.vector("a router scale", names.routerScale, hiddenSize)
        expertScale = try finder.vector("a scale of experts", names.expertScale, rows)
        weightScale = try finder.vector("a scale of weights", names.weightScale, 1)
        expertsOfToken =
            if let vocabularySize = description.vocabularySize {
                try finder.integers(
                    "experts by token", names.expertsOfToken,
                    [vocabularySize, description.router.topK])
            } else { nil }
        if let width = description.latentWidth {
            compression = try finder.matrix(
                "a compression", names.compression, [width, hiddenSize])
            expansion = try finder.matrix("an expansion", names.expansion, [hiddenSize, width])
        } else {
            (compression, expansion) = (nil, nil)
        }
        let routed = try finder.experts(
            names.experts.readable, count: description.expertCount,
            identityCount: description.identityExpertCount, width: description.expertWidth,
            hiddenSize: description.expertHiddenSize)
        expertForm = routed.form
        if description.router.alwaysChosen > 0 {
            let always = try finder.experts(
                names.alwaysChosen.readable, count: description.router.alwaysChosen,
                width: description.expertWidth, hiddenSize: description.expertHiddenSize)
            alwaysChosen = (always.form, always.plans.count)
            experts = routed.plans + always.plans
        } else {
            (alwaysChosen, experts) = (nil, routed.plans)
        }
        if description.sharedWidth > 0 {
            (sharedForm, shared) = try finder.sharedExpert(
                names.shared, width: description.sharedWidth, hiddenSize: hiddenSize)
            sharedGate =
                try finder.row("a shared expert's gate", names.sharedGate, hiddenSize)
        } else {
            (shared, sharedForm, sharedGate) = (nil, nil, nil)
        }
        try finder.refuseUnread(family: family.name, except: names.ofTheLayer)
    }
}
