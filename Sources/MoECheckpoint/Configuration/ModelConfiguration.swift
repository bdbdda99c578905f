/// A model's `config.json`, of which the layers' quantities are asked by name.
///
/// Keys are looked up in the text model's own object where there is one (`text_config` and the
/// like), then at the root; `null` counts as absent.
public struct ModelConfiguration: Sendable {
    /// The file, as errors name it.
    public let file: String
    /// The objects to look a key up in, the text model's before the root, with their paths.
    private var scopes: [(path: String, object: JSONValue)]

    /// The configuration in a parsed `config.json`.
    ///
    /// - Parameters:
    ///   - root: the whole file.
    ///   - file: the file, as errors name it.
    /// - Throws: `format` if it is not an object.
    public init(_ root: JSONValue, file: String = "config.json") throws(CheckpointError) {
        guard case .object = root else {
            throw CheckpointError(.format, "\(file): \(root.kind), wanted an object")
        }
        var scopes = [(path: "", object: root)]
        for path in Self.textModels {
            guard let object = root.member(path) else { continue }
            guard case .object = object else {
                throw CheckpointError(
                    .configuration, "\(file): \(path): \(object.found), wanted an object")
            }
            scopes.insert((path + ".", object), at: 0)
            break
        }
        self.file = file
        self.scopes = scopes
    }

    /// The same configuration for another of the model's parts; itself where that has none.
    ///
    /// - Parameter path: where the part's own object is.
    /// - Returns: a configuration whose keys are looked up there, then at the root.
    func scoped(to path: String?) -> ModelConfiguration {
        var part = self
        guard let path, let root = scopes.last, let object = root.object.member(path),
            case .object = object
        else { return self }
        part.scopes = [(path + ".", object), root]
        return part
    }

    /// Where a multimodal model keeps the configuration of its text model.
    private static let textModels = [
        "thinker_config.text_config", "text_config", "llm_config", "language_config", "llm",
        "language_model",
    ]

    /// What the text model calls its architecture, and what the whole model does: at least one.
    ///
    /// - Throws: `configuration` if there is neither, or one is not a string.
    func modelTypes() throws(CheckpointError) -> [String] {
        var types: [String] = []
        for scope in scopes {
            guard let value = scope.object.member("model_type") else { continue }
            guard let type = value.stringValue else {
                throw refuse("\(scope.path)model_type", value, wanted: "a string")
            }
            types.append(type)
        }
        guard !types.isEmpty else {
            throw CheckpointError(.configuration, "\(file): model_type: no such key")
        }
        return types
    }

    /// The names of the model's classes in the code it was published with; empty without the key.
    var architectures: [String] {
        values(of: ["architectures"]).first?.value.arrayValue?.compactMap(\.stringValue) ?? []
    }

    /// Whether a key is there and `null`, which some families set apart from an absent one.
    func isNull(_ path: String) -> Bool {
        let keys = path.split(separator: ".").map(String.init)
        return scopes.contains { scope in
            var value: JSONValue? = scope.object
            for key in keys { value = value?[key] }
            return value?.isNull ?? false
        }
    }

    /// The configuration as one layer sees it.
    package func layer(_ index: Int) -> LayerConfiguration {
        LayerConfiguration(model: self, layer: index)
    }

    /// A value with the path at which it stands.
    typealias Found = (path: String, value: JSONValue)

    /// The values of those keys that are there, all in one object, in the order of the keys.
    func values(of keys: [String]) -> [Found] {
        for scope in scopes {
            let found = keys.compactMap { key in
                scope.object.member(key).map { (path: scope.path + key, value: $0) }
            }
            if !found.isEmpty { return found }
        }
        return []
    }

    /// An error about a value that is not what the key wants.
    func refuse(_ path: String, _ value: JSONValue, wanted: String) -> CheckpointError {
        CheckpointError(.configuration, "\(file): \(path): \(value.found), wanted \(wanted)")
    }
}

extension JSONValue {
    /// The member at a dotted path, or nil where there is none or it is `null`.
    func member(_ path: String) -> JSONValue? {
        var value = self
        for key in path.split(separator: ".") {
            guard let member = value[String(key)] else { return nil }
            value = member
        }
        return value.isNull ? nil : value
    }

    /// The value as errors show it: itself if it is short, else its kind.
    var found: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value) where value.utf8.count <= 64: "\"\(value.printable)\""
        default: kind
        }
    }
}
