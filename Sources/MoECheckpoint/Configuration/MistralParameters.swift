/// Mistral's own `params.json`, which its files have in place of, or beside, a `config.json`.
enum MistralParameters {
    /// The file's name.
    static let fileName = "params.json"

    /// The keys of a Mixtral, and what `config.json` calls them.
    private static let keys = [
        ("dim", "hidden_size"), ("hidden_dim", "intermediate_size"),
        ("n_layers", "num_hidden_layers"), ("moe.num_experts", "num_local_experts"),
        ("moe.num_experts_per_tok", "num_experts_per_tok"),
    ]

    /// The configuration of a Mixtral that a `params.json` stands for.
    ///
    /// - Parameters:
    ///   - root: the whole file.
    ///   - file: the file, as errors name it.
    /// - Returns: the same as `config.json` would say it.
    /// - Throws: `format` if it is not an object, `configuration` for a key that is missing,
    ///   `unsupported` for experts of which it says more than Mixtral's do.
    static func configuration(
        _ root: JSONValue, file: String
    ) throws(CheckpointError) -> ModelConfiguration {
        let given = try ModelConfiguration(root, file: file)
        var object: JSONObject = ["model_type": "mixtral"]
        for (key, name) in keys {
            guard let found = given.values(of: [key]).first else {
                throw CheckpointError(.configuration, "\(file): \(key): no such key")
            }
            object[name] = found.value
        }
        for key in root.member("moe")?.objectValue?.keys ?? []
        where !keys.contains(where: { $0.0 == "moe.\(key)" }) {
            throw CheckpointError(
                .unsupported,
                "\(file): moe.\(key.printable): not read from this file, wanted a config.json "
                    + "beside it")
        }
        return try ModelConfiguration(.object(object), file: file)
    }
}
