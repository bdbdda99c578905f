/// A model's configuration as one layer sees it: a list of values counts as one value per layer.
package struct LayerConfiguration: Sendable {
    /// The whole configuration.
    let model: ModelConfiguration
    /// The layer, from 0.
    let layer: Int

    // MARK: - Whole numbers

    /// A quantity that the configuration must hold.
    ///
    /// - Throws: `configuration` if it is absent, no integer, out of range, or if two of its keys
    ///   disagree.
    func required(_ quantity: Quantity) throws(CheckpointError) -> Int {
        if let value = try optional(quantity) { return value }
        throw CheckpointError(
            .configuration,
            "\(model.file): \(quantity.name) is missing, wanted "
                + quantity.keys.formatted)
    }

    /// A quantity, or nil where it is absent.
    ///
    /// - Throws: `configuration` if it is no integer, out of range, or if two of its keys disagree.
    func optional(_ quantity: Quantity) throws(CheckpointError) -> Int? {
        try value(of: quantity.keys, isPerLayer: quantity.isPerLayer) { (value: JSONValue) in
            value.intValue.flatMap { quantity.range.contains($0) ? $0 : nil }
        } wanted: {
            "an integer within \(quantity.range.lowerBound)...\(quantity.range.upperBound)"
        }
    }

    /// A quantity of a family's own, under one key.
    func integer(
        _ key: String, in range: ClosedRange<Int>, default value: Int
    ) throws(CheckpointError) -> Int {
        try optional(Quantity(name: key, keys: [key], range: range)) ?? value
    }

    // MARK: - Other values

    /// A truth value, or the family's default where it is absent.
    func flag(_ keys: [String], default value: Bool) throws(CheckpointError) -> Bool {
        try self.value(of: keys, as: \.boolValue, wanted: { "a boolean" }) ?? value
    }

    /// A finite number, or the family's default where it is absent.
    func number(_ keys: [String], default value: Float) throws(CheckpointError) -> Float {
        try self.value(of: keys) { (value: JSONValue) in
            value.doubleValue.map { Float($0) }.flatMap { $0.isFinite ? $0 : nil }
        } wanted: {
            "a number within the range of 32-bit floats"
        } ?? value
    }

    /// A word that must be one of those the family knows, or its default where it is absent.
    func word(
        _ keys: [String], of known: [String], default value: String
    ) throws(CheckpointError) -> String {
        try self.value(of: keys) { (value: JSONValue) in
            value.stringValue.flatMap { known.contains($0) ? $0 : nil }
        } wanted: {
            known.map { "\"\($0)\"" }.formatted
        } ?? value
    }

    /// A word that must be one of those the family knows, or nil where it is absent.
    func optionalWord(_ keys: [String], of known: [String]) throws(CheckpointError) -> String? {
        let word = try word(keys, of: known, default: "")
        return word.isEmpty ? nil : word
    }

    /// A list that is not one value per layer but a list of layers.
    func layers(_ key: String) throws(CheckpointError) -> [Int] {
        try optionalLayers(key) ?? []
    }

    /// A list of layers, or nil where it is absent; text may hold it with commas: `"4,5,6"`.
    func optionalLayers(_ key: String) throws(CheckpointError) -> [Int]? {
        guard let (path, value) = model.values(of: [key]).first else { return nil }
        if let text = value.stringValue { return try layers(in: text, at: path) }
        guard let list = value.arrayValue else { throw model.refuse(path, value, wanted: "a list") }
        var layers: [Int] = []
        for (index, item) in list.enumerated() {
            guard let layer = item.intValue, Quantity.layerIndices.contains(layer) else {
                throw model.refuse("\(path)[\(index)]", item, wanted: "the index of a layer")
            }
            layers.append(layer)
        }
        return layers
    }

    private func layers(in text: String, at path: String) throws(CheckpointError) -> [Int] {
        var layers: [Int] = []
        for part in text.split(separator: ",") {
            guard let layer = Int(canonicalDecimal: part.drop { $0 == " " }),
                Quantity.layerIndices.contains(layer)
            else {
                throw model.refuse(
                    path, .string(String(part)), wanted: "indices of layers between commas")
            }
            layers.append(layer)
        }
        return layers
    }

    /// Whether a key holds a list.
    func isList(_ key: String) -> Bool {
        model.values(of: [key]).first?.value.arrayValue != nil
    }

    // MARK: - Lookup

    /// The value all keys that are there agree on, or nil if none is.
    private func value<Value: Equatable>(
        of keys: [String], isPerLayer: Bool = true, as convert: (JSONValue) -> Value?,
        wanted: () -> String
    ) throws(CheckpointError) -> Value? {
        var first: (path: String, value: Value)?
        for found in model.values(of: keys) {
            let (path, json) = isPerLayer ? try forLayer(found) : found
            guard !json.isNull else { continue }
            guard let value = convert(json) else {
                throw model.refuse(path, json, wanted: wanted())
            }
            if let first, first.value != value {
                throw CheckpointError(
                    .configuration,
                    "\(model.file): \(first.path) is \(first.value) and \(path) is "
                        + "\(value), wanted the same value")
            }
            first = first ?? (path, value)
        }
        return first?.value
    }

    /// A value, or this layer's entry of a list.
    private func forLayer(
        _ found: ModelConfiguration.Found
    ) throws(CheckpointError) -> ModelConfiguration.Found {
        guard case .array(let list) = found.value else { return found }
        guard list.indices.contains(layer) else {
            throw CheckpointError(
                .configuration,
                "\(model.file): \(found.path): \(list.count) entries, wanted one "
                    + "for layer \(layer)")
        }
        return ("\(found.path)[\(layer)]", list[layer])
    }
}

extension Quantity {
    /// What the index of a layer may be.
    static let layerIndices = 0...(layerCount.range.upperBound - 1)
}
