public import MoE

/// A model's checkpoint: its configuration and tensors, from which MoE layers are loaded.
///
/// ```swift
/// let checkpoint = try Checkpoint(directory: "Qwen3-30B-A3B")
/// let layer = try checkpoint.layer(3, experts: .int8)
/// ```
public struct Checkpoint: Sendable {
    /// What `config.json` says.
    public let configuration: ModelConfiguration
    /// The family the model belongs to.
    public let family: ModelFamily
    /// The known family that the model was taken for by its tensors' names; nil where its
    /// `model_type` says what it is.
    public let takenFor: String?
    /// The parts of the model that have MoE layers, the one that is read first; empty for models of
    /// one part.
    public var parts: [String] { family.parts }
    /// How many decoder layers the model has, dense ones included.
    public let layerCount: Int
    /// What the checkpoint says of the form its weights are stored in.
    public internal(set) var weightFormat: WeightFormat
    let source: any TensorSource
    let index: TensorIndex

    /// A checkpoint of a configuration and the tensors it describes.
    ///
    /// - Parameters:
    ///   - configuration: what `config.json` says.
    ///   - tensors: the tensors, from whatever container.
    ///   - part: which part's layers, of a model that has several: `vision`; nil for the first.
    ///   - weightFormat: the form of the weights; nil for what the configuration says of it.
    /// - Throws: `unsupported` for a model of no known family and layout or of a format that is
    ///   not read,
    ///   `configuration` for one without a number of layers, `tensor` for names that contradict
    ///   each other.
    public init(
        configuration: ModelConfiguration, tensors: any TensorSource, part: String? = nil,
        weightFormat: WeightFormat? = nil
    ) throws(CheckpointError) {
        if let family = try ModelFamily.known(configuration, part: part) {
            try self.init(
                configuration: configuration, tensors: tensors, family: family,
                weightFormat: weightFormat)
        } else {
            let index = try TensorIndex(tensors)
            let layout = try UnknownLayout(configuration, index)
            _ = try ModelFamily.choose(part, of: [layout.family], file: configuration.file)
            try self.init(
                configuration, tensors, index, family: layout.family, takenFor: layout.takenFor,
                weightFormat: weightFormat)
        }
    }

    /// A checkpoint of a family that the caller has found out.
    package init(
        configuration: ModelConfiguration, tensors: any TensorSource, family: ModelFamily,
        weightFormat: WeightFormat? = nil
    ) throws(CheckpointError) {
        let index =
            if let prefix = family.part?.tensorPrefix {
                try TensorIndex(tensors, under: prefix)
            } else { try TensorIndex(tensors) }
        try self.init(
            configuration.scoped(to: family.part?.configuration), tensors, index, family: family,
            takenFor: nil, weightFormat: weightFormat)
    }

    private init(
        _ configuration: ModelConfiguration, _ tensors: any TensorSource, _ index: TensorIndex,
        family: ModelFamily, takenFor: String?, weightFormat: WeightFormat?
    ) throws(CheckpointError) {
        self.weightFormat =
            if let weightFormat { weightFormat } else { try WeightFormat(configuration) }
        self.configuration = configuration
        self.family = family
        self.takenFor = takenFor
        self.layerCount = try family.layerCount(of: configuration)
        self.source = tensors
        self.index = index
    }

    /// The layers that are MoE: those that have a router.
    public var moeLayers: [Int] {
        (0..<layerCount).filter { hasRouter(layer: $0) }
    }

    /// Whether a layer is MoE; the configuration and the tensors must agree on it.
    ///
    /// - Parameter layer: the layer, from 0.
    /// - Returns: true for a MoE layer, false for a dense one.
    /// - Throws: `configuration` for a layer that the model does not have, `tensor` if the
    ///   configuration and the tensors disagree.
    public func isMoE(layer: Int) throws(CheckpointError) -> Bool {
        guard layer >= 0, layer < layerCount else {
            throw CheckpointError(
                .configuration,
                "\(configuration.file): there is no layer \(layer), wanted one "
                    + "within 0...\(layerCount - 1)")
        }
        let isMoE = try family.moeLayers.isMoE(configuration.layer(layer))
        guard isMoE != hasRouter(layer: layer) else { return isMoE }
        let claim =
            "\(configuration.file): layer \(layer) is \(isMoE ? "MoE" : "dense") by "
            + family.moeLayers.origin
        if isMoE {
            throw CheckpointError(
                .tensor,
                "\(claim), but the checkpoint has no router for it, wanted "
                    + family.tensors.router.formatted)
        }
        let tensors = index.layer(layer)
        let router = try tensors.only(of: family.tensors.router) ?? ""
        throw CheckpointError(
            .tensor, "\(claim), but the checkpoint holds \(try tensors.fullName(of: router))")
    }

    /// Loads a MoE layer.
    ///
    /// - Parameters:
    ///   - layer: the layer, from 0.
    ///   - format: the form of the experts; what is not int8 with a scale per output channel is
    ///     quantised to that as it is read, and int8 weights are taken as they are.
    /// - Returns: the layer, with weights that fit its configuration.
    /// - Throws: `configuration` for a layer that is not MoE or does not exist and for sizes that
    ///   no model has, `tensor` for tensors that are missing, unexpected, of another shape than
    ///   the configuration's, or not finite, `unsupported` for a type of weights that is not read,
    ///   `file` if a file cannot give its bytes.
    public func layer(
        _ layer: Int, experts format: ExpertFormat
    ) throws(CheckpointError) -> MoELayer {
        try load(layer, experts: format).layer
    }

    /// Loads a MoE layer, and says what that has changed of its weights.
    ///
    /// - Parameters:
    ///   - layer: the layer, from 0.
    ///   - format: the form of the experts.
    /// - Returns: the layer; and what requantising cost, where the checkpoint is quantised in a
    ///   form that the product does not compute with.
    /// - Throws: what ``layer(_:experts:)`` throws.
    public func load(
        _ layer: Int, experts format: ExpertFormat
    ) throws(CheckpointError) -> (layer: MoELayer, report: LoadReport) {
        guard try isMoE(layer: layer) else {
            throw CheckpointError(
                .configuration,
                "\(configuration.file): layer \(layer) is dense, wanted a MoE layer"
                    + ": \(moeLayers.ranges)")
        }
        let (description, plan) = try plan(layer)
        var loader = LayerLoader(description, plan: plan, source: source)
        let loaded = try loader.layer(format)
        return (loaded, loader.report)
    }

    /// What the configuration says of a MoE layer, and where its tensors are.
    ///
    /// - Parameter layer: the layer, which is MoE.
    /// - Returns: both, checked against each other.
    /// - Throws: what ``layer(_:experts:)`` throws of configuration and headers.
    func plan(_ layer: Int) throws(CheckpointError) -> (LayerDescription, LayerPlan) {
        let description = try family.describe(configuration.layer(layer))
        let plan = try LayerPlan(description, family: family, in: weights(ofLayer: layer))
        return (description, plan)
    }

    /// The tensors of a layer, whatever it is.
    func weights(ofLayer layer: Int) -> LayerWeights {
        LayerWeights(tensors: index.layer(layer), source: source, format: weightFormat)
    }

    private func hasRouter(layer: Int) -> Bool {
        family.tensors.router.contains { index.holds($0, inLayer: layer) }
    }
}

extension [Int] {
    /// Ascending numbers as a sentence lists them: `1...60`, `1, 3, 5...7`, `none`.
    package var ranges: String {
        var runs: [ClosedRange<Int>] = []
        for number in self {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        if runs.isEmpty { return "none" }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0)" }.joined(separator: ", ")
    }
}
