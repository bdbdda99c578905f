/// One family of published models: what its configuration means and what its tensors are called.
///
/// A value, made once in a file of its own and listed in ``all``; nothing else of the library
/// knows families apart.
public struct ModelFamily: Sendable {
    /// What a family's blocks were compared with.
    public enum Yardstick: Sendable {
        /// The module of Hugging Face transformers.
        case transformers
        /// numpy after the published code: transformers has no module.
        case publishedCode
    }

    /// What `model_type` says; the first is the family's own name.
    public let modelTypes: [String]
    /// Which part of a model the family's layers are; nil for models of one part.
    let part: ModelPart?
    /// Names in `architectures` that stand for the family whatever `model_type` says.
    let architectures: [String]
    /// Which layers are MoE, by the configuration.
    package let moeLayers: MoELayerRule
    /// The names of a block's tensors.
    var tensors: BlockTensors
    /// What its blocks were compared with.
    public let yardstick: Yardstick
    /// What the configuration says of a MoE layer.
    package let describe: @Sendable (LayerConfiguration) throws(CheckpointError) -> LayerDescription

    /// The family's name: its first model type.
    public var name: String { modelTypes.first ?? "" }

    /// A family of its parts.
    ///
    /// - Parameters:
    ///   - modelTypes: what `model_type` says, the family's own name first.
    ///   - architectures: names in `architectures` that decide over `model_type`.
    ///   - part: which part of a model the layers are, if it has several.
    ///   - moeLayers: which layers are MoE.
    ///   - tensors: the names of a block's tensors.
    ///   - yardstick: what its blocks were compared with.
    ///   - describe: reads the configuration of a MoE layer.
    package init(
        _ modelTypes: String..., architectures: [String] = [], part: ModelPart? = nil,
        moeLayers: MoELayerRule,
        tensors: BlockTensors,
        checkedAgainst yardstick: Yardstick = .transformers,
        describe:
            @escaping @Sendable (LayerConfiguration) throws(CheckpointError)
            -> LayerDescription
    ) {
        self.modelTypes = modelTypes
        self.architectures = architectures
        self.part = part
        self.moeLayers = moeLayers
        self.tensors = tensors
        self.yardstick = yardstick
        self.describe = describe
    }

    /// The family of a model: by a name in `architectures`, by the text model's `model_type`, else
    /// by the whole model's.
    ///
    /// - Parameters:
    ///   - configuration: the model's configuration.
    ///   - part: the part of the model; nil for its first.
    /// - Returns: the one family that lists the type, or nil if none does.
    /// - Throws: `configuration` without a `model_type`, `unsupported` for one that is refused by
    ///   name, and for a part that the model does not have.
    static func known(
        _ configuration: ModelConfiguration, part: String? = nil
    ) throws(CheckpointError) -> ModelFamily? {
        let classes = Set(configuration.architectures)
        let families = all.filter { !classes.isDisjoint(with: $0.architectures) }
        if !families.isEmpty {
            return try choose(part, of: families, file: configuration.file)
        }
        let types = try configuration.modelTypes()
        for type in types {
            if all.contains(where: { $0.modelTypes.contains(type) }) {
                let families = types.flatMap { type in
                    all.filter { $0.modelTypes.contains(type) }
                }
                return try choose(part, of: families, file: configuration.file)
            }
            if let reason = refused[type] {
                throw CheckpointError(
                    .unsupported,
                    "\(configuration.file): model_type \"\(type)\" is not supported: \(reason)")
            }
        }
        return nil
    }

    /// The family of a model whose `model_type` is known.
    ///
    /// - Parameter configuration: the model's configuration.
    /// - Returns: the one family that lists the type.
    /// - Throws: `configuration` without a `model_type`, `unsupported` for one of no family.
    package static func of(_ configuration: ModelConfiguration) throws(CheckpointError)
        -> ModelFamily
    {
        if let family = try known(configuration) { return family }
        throw configuration.ofNoFamily("wanted one of those that moe-cli families lists")
    }
}

extension ModelConfiguration {
    /// The error about a `model_type` that no family lists.
    func ofNoFamily(_ reason: String) -> CheckpointError {
        let type = (try? modelTypes().first) ?? ""
        return CheckpointError(
            .unsupported, "\(file): model_type \"\(type)\" is of no known family, \(reason)")
    }
}

extension ModelFamily {
    /// How many decoder layers a model of the family has, dense ones included.
    ///
    /// - Parameter configuration: the model's configuration.
    /// - Returns: the number of layers.
    /// - Throws: `configuration` if it is missing or no number of layers.
    func layerCount(of configuration: ModelConfiguration) throws(CheckpointError) -> Int {
        let first = configuration.layer(0)
        if let count = try moeLayers.layerCount?(first) { return count }
        return try first.required(.layerCount)
    }
}
