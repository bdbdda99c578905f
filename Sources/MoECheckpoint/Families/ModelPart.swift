/// One of several parts of a model that have MoE layers with the same indices.
package struct ModelPart: Sendable, Hashable {
    /// What a user calls it.
    let name: String
    /// Where its configuration is; nil for where the text model's is.
    let configuration: String?
    /// What the names of its tensors begin with, where they are told apart so.
    let tensorPrefix: String?

    /// A part; as it stands, of a model with one configuration and one list of layers.
    init(name: String, configuration: String? = nil, tensorPrefix: String? = nil) {
        self.name = name
        self.configuration = configuration
        self.tensorPrefix = tensorPrefix
    }
}

extension ModelFamily {
    /// The family among those of a model that a user means.
    ///
    /// - Parameters:
    ///   - part: the part's name; nil for the model's first.
    ///   - families: what the model may be read as, the first part first; at least one.
    ///   - file: the model's configuration, as errors name it.
    /// - Returns: the family.
    /// - Throws: `unsupported` if the model has no such part.
    static func choose(
        _ part: String?, of families: [ModelFamily], file: String
    ) throws(CheckpointError) -> ModelFamily? {
        guard let part else { return families.first }
        if let family = families.first(where: { $0.part?.name == part }) { return family }
        let parts = families.compactMap(\.part?.name).uniqued
        throw CheckpointError(
            .unsupported,
            "\(file): the model has no part \"\(part)\", wanted "
                + (parts.isEmpty ? "none, as it is of one" : parts.formatted))
    }

    /// The names of all parts of the models that the family is a part of, its own first.
    var parts: [String] {
        guard let part else { return [] }
        let others = Self.all.filter { $0.name == name }.compactMap(\.part?.name)
        return [part.name] + others.filter { $0 != part.name }
    }
}
