internal import MoE

/// msmodelslim's description file: the scheme of every tensor, by its name.
struct ModelSlimDescription: Sendable {
    /// The file, as errors name it.
    let file: String
    private let schemes: JSONObject

    /// What the file is called; older versions put the scheme between name and extension.
    static func isName(_ name: String) -> Bool {
        name.hasPrefix("quant_model_description") && name.hasSuffix(".json")
    }

    /// A description of a parsed file.
    ///
    /// - Parameters:
    ///   - root: the whole file.
    ///   - file: the file, as errors name it.
    /// - Throws: `format` if it is not an object.
    init(_ root: JSONValue, file: String) throws(CheckpointError) {
        guard let schemes = root.objectValue else {
            throw CheckpointError(.format, "\(file): \(root.kind), wanted an object")
        }
        self.schemes = schemes
        self.file = file
    }

    /// What the file says of a tensor, or nil where it says nothing.
    func scheme(of name: String) -> JSONValue? { schemes[name] }

    /// Checks that a weight is stored as the file says; it need not say anything.
    ///
    /// - Parameters:
    ///   - weight: the weight.
    ///   - isInt8: whether it is int8 by its tensors.
    /// - Throws: `unsupported` for a scheme that is not read, `tensor` for a weight that is stored
    ///   otherwise.
    func check(_ weight: StoredWeight, isInt8: Bool) throws(CheckpointError) {
        guard let scheme = scheme(of: weight.name) else { return }
        let isDescribedAsInt8: Bool
        switch scheme {
        case "FLOAT": isDescribedAsInt8 = false
        case "W8A8_DYNAMIC", "W8A8": isDescribedAsInt8 = true
        default:
            throw CheckpointError(
                .unsupported,
                "\(file): \(weight.name): \(scheme.found), wanted \"W8A8_DYNAMIC\", \"W8A8\" or "
                    + "\"FLOAT\"")
        }
        guard isInt8 == isDescribedAsInt8 else {
            throw weight.refused(
                "type \(weight.entry.type.rawValue)", wanted: "\(scheme.found) by \(file)")
        }
    }
}
