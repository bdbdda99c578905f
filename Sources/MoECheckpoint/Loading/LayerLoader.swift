internal import MoE

/// Reads the tensors of one layer as its plan says.
struct LayerLoader: ~Copyable {
    private let description: LayerDescription
    private let plan: LayerPlan
    private let source: any TensorSource
    private var reader: RowReader
    /// What reading has changed so far.
    private(set) var report = LoadReport()

    /// A loader of a layer.
    ///
    /// - Parameters:
    ///   - description: what the configuration says of the layer.
    ///   - plan: where its tensors are.
    ///   - source: the checkpoint.
    init(_ description: LayerDescription, plan: LayerPlan, source: any TensorSource) {
        self.description = description
        self.plan = plan
        self.source = source
        self.reader = RowReader(source)
    }

    /// Reads the layer, one expert after the other.
    ///
    /// - Parameter format: the form of the experts.
    /// - Returns: the layer.
    /// - Throws: `file` if a file cannot give its bytes, `tensor` for a weight or a bias that is
    ///   NaN or infinite.
    mutating func layer(_ format: ExpertFormat) throws(CheckpointError) -> MoELayer {
        var layer = try layerWithoutExperts(format)
        layer.experts = try experts(plan.experts, format, of: "")
        return layer
    }

    /// Reads one of the layer's routed experts.
    ///
    /// - Parameter index: which one.
    /// - Returns: the expert.
    /// - Throws: `file` if a file cannot give its bytes, `tensor` for a weight or a bias that is
    ///   NaN or infinite.
    mutating func expert(_ index: Int) throws(CheckpointError) -> Expert<QuantizedMatrix> {
        try load(plan.experts[index..<index + 1], of: "")[0]
    }

    /// Reads everything of the layer but its routed experts, of which there are none then.
    ///
    /// - Parameter format: the form of the shared expert.
    /// - Returns: the layer.
    /// - Throws: `file` if a file cannot give its bytes, `tensor` for a weight or a bias that is
    ///   NaN or infinite.
    mutating func layerWithoutExperts(
        _ format: ExpertFormat
    ) throws(CheckpointError) -> MoELayer {
        let router = try router()
        let shared: SharedExpert? =
            if let expert = plan.shared {
                SharedExpert(
                    experts: try experts([expert], format, of: "shared "),
                    gate: try vector(plan.sharedGate),
                    activation: description.sharedActivation, scale: description.sharedScale)
            } else { nil }
        return MoELayer(
            router: router, activation: description.activation,
            experts: format == .int8 ? .int8([]) : .float([]), shared: shared,
            weightsInput: description.weightsInput, latent: try latentProjections())
    }

    private mutating func latentProjections() throws(CheckpointError) -> LatentProjections? {
        guard let compression = plan.compression, let expansion = plan.expansion else { return nil }
        return LatentProjections(
            compression: try .load(compression, with: &reader),
            expansion: try .load(expansion, with: &reader))
    }

    private mutating func router() throws(CheckpointError) -> Router {
        var weight = try Matrix<Float>.load(plan.router, with: &reader)
        if let scale = try vector(plan.routerScale) {
            // The norm's own scale, and the root of D that the router divides by.
            let root = Float(weight.columns).squareRoot()
            for expert in 0..<weight.rows {
                for index in 0..<weight.columns { weight[expert, index] *= scale[index] / root }
            }
        }
        var configuration = description.router
        if let scale = try vector(plan.weightScale) { configuration.scalingFactor *= scale[0] }
        // Nothing selects the experts that are always chosen.
        let uncorrected = [Float](repeating: 0, count: configuration.alwaysChosen)
        return Router(
            configuration: configuration, weight: weight,
            logitBias: try vector(plan.logitBias),
            correctionBias: try vector(plan.correctionBias).map { $0 + uncorrected },
            expertScale: try vector(plan.expertScale),
            expertsOfToken: try plan.expertsOfToken?.load(from: source),
            inputNormEpsilon: description.routerNormEpsilon)
    }

    private mutating func experts(
        _ plans: [ExpertPlan], _ format: ExpertFormat, of role: String
    ) throws(CheckpointError) -> ExpertWeights {
        switch format {
        case .int8: .int8(try load(plans, of: role))
        case .float: .float(try load(plans, of: role))
        }
    }

    private mutating func load<Weights: LoadableWeights>(
        _ plans: some Collection<ExpertPlan>, of role: String
    ) throws(CheckpointError) -> [Expert<Weights>] {
        var experts: [Expert<Weights>] = []
        let names = plans.first.map { plan in
            [plan.gateUp, plan.down].map { $0.slices.first?.encoding.name ?? "" }
        }
        var gateUp = RequantizationLoss(role + "gate·up", format: names?.first ?? "")
        var down = RequantizationLoss(role + "down", format: names?.last ?? "")
        experts.reserveCapacity(plans.count)
        for plan in plans {
            experts.append(
                Expert(
                    gateUp: try Weights.load(plan.gateUp, with: &reader, adding: &gateUp),
                    down: try Weights.load(plan.down, with: &reader, adding: &down),
                    gateUpBias: try vector(plan.gateUpBias),
                    downBias: try vector(plan.downBias)))
        }
        report.losses += [gateUp, down].filter { !$0.isEmpty }
        let notes = plans.flatMap(\.slices).compactMap(\.encoding.note)
        report.notes = (report.notes + notes).uniqued
        return experts
    }

    private mutating func vector(_ plan: MatrixPlan?) throws(CheckpointError) -> [Float]? {
        guard let plan else { return nil }
        return try Matrix<Float>.load(plan, with: &reader).elements
    }
}
