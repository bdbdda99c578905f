import MoECheckpoint

/// Looks values up in a `config.json`; `null` counts as absent.
struct ConfigurationKeys {
    let json: JSONValue
    let file: String

    /// An integer of a size that a model may have.
    func integer(_ key: String, default value: Int? = nil) throws(CheckpointError) -> Int {
        if let value = try optionalInteger(key) ?? value { return value }
        throw missing(key)
    }

    /// An integer, or nil where there is none.
    func optionalInteger(_ key: String) throws(CheckpointError) -> Int? {
        guard let value = member(key) else { return nil }
        guard let integer = value.intValue, (1...1 << 24).contains(integer) else {
            throw wrong(key, "an integer within 1...\(1 << 24)")
        }
        return integer
    }

    /// A number above 0; in an object of its own where newer files keep it.
    func number(_ key: String, within object: String? = nil) throws(CheckpointError) -> Float {
        if let value = try optionalNumber(key) { return value }
        if let object, let inner = member(object) {
            return try ConfigurationKeys(json: inner, file: "\(file): \(object)").number(key)
        }
        throw missing(key)
    }

    /// A number above 0, or nil where there is none.
    func optionalNumber(_ key: String) throws(CheckpointError) -> Float? {
        guard let value = member(key) else { return nil }
        guard let number = value.doubleValue.map({ Float($0) }), number > 0, number.isFinite else {
            throw wrong(key, "a number above 0")
        }
        return number
    }

    /// A truth value.
    func flag(_ key: String, default value: Bool) throws(CheckpointError) -> Bool {
        guard let found = member(key) else { return value }
        guard let flag = found.boolValue else { throw wrong(key, "a boolean") }
        return flag
    }

    /// A string.
    func word(_ key: String, default value: String? = nil) throws(CheckpointError) -> String {
        guard let found = member(key) else {
            if let value { return value }
            throw missing(key)
        }
        guard let word = found.stringValue else { throw wrong(key, "a string") }
        return word
    }

    /// A token, a list of tokens, or none.
    func tokens(_ key: String) throws(CheckpointError) -> [Int] {
        guard let value = member(key) else { return [] }
        let tokens = (value.arrayValue ?? [value]).map { $0.intValue ?? -1 }
        guard tokens.allSatisfy({ $0 >= 0 }) else { throw wrong(key, "tokens") }
        return tokens
    }

    /// Refuses position embeddings that are stretched; they have several spellings.
    func checkRotaryEmbedding() throws(CheckpointError) {
        for key in ["rope_scaling", "rope_parameters"] {
            guard let object = member(key) else { continue }
            let inner = ConfigurationKeys(json: object, file: "\(file): \(key)")
            for type in ["rope_type", "type"]
            where try inner.word(type, default: "default") != "default" {
                throw inner.unsupported(type, "\"default\"")
            }
        }
    }

    /// An error about a value that models may have and this engine does not compute with.
    func unsupported(_ key: String, _ wanted: String) -> CheckpointError {
        CheckpointError(
            .unsupported, sentence(key, "which this engine runs without; wanted \(wanted)"))
    }

    private func missing(_ key: String) -> CheckpointError {
        CheckpointError(.configuration, "\(file): \(key): no such key")
    }

    private func wrong(_ key: String, _ wanted: String) -> CheckpointError {
        CheckpointError(.configuration, sentence(key, "wanted \(wanted)"))
    }

    private func sentence(_ key: String, _ end: String) -> String {
        let found = member(key).flatMap { try? $0.text() } ?? "nothing"
        return "\(file): \(key): \(found.count <= 64 ? found : "a longer value"), \(end)"
    }

    private func member(_ key: String) -> JSONValue? {
        json[key].flatMap { $0.isNull ? nil : $0 }
    }
}
