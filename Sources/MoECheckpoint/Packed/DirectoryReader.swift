import MoE

/// An object of a packed file's directory, whose members are read by name and checked.
struct DirectoryReader {
    /// Where the object is, as errors name it.
    let place: String
    private let object: JSONObject

    /// Reads an object.
    ///
    /// - Parameters:
    ///   - value: what should be one.
    ///   - place: where it is.
    /// - Throws: `format` if it is none.
    init(_ value: JSONValue, at place: String) throws(CheckpointError) {
        guard let object = value.objectValue else {
            throw CheckpointError(.format, "\(place): \(value.kind), wanted an object")
        }
        self.object = object
        self.place = place
    }

    /// The error about a member.
    func fault(_ key: String, wanted: String) -> CheckpointError {
        let found =
            switch object[key] {
            case nil: "no such key"
            case .integer(let integer): integer.description
            case .string(let text): "\"\(text.prefix(40).description.printable)\""
            case let value?: value.kind
            }
        return CheckpointError(.format, "\(place).\(key): \(found), wanted \(wanted)")
    }

    private func required<Value>(
        _ key: String, _ wanted: String, _ value: (JSONValue) -> Value?
    ) throws(CheckpointError) -> Value {
        guard let member = object[key], let value = value(member) else {
            throw fault(key, wanted: wanted)
        }
        return value
    }

    /// Whether there is a member that is not null.
    func has(_ key: String) -> Bool { object[key].map { !$0.isNull } ?? false }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(CheckpointError) -> Int {
        try required(key, "an integer within \(range)") { value in
            value.intValue.flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func bool(_ key: String) throws(CheckpointError) -> Bool {
        try required(key, "true or false", \.boolValue)
    }

    func string(_ key: String) throws(CheckpointError) -> String {
        try required(key, "a string", \.stringValue)
    }

    /// One of some words, as what it stands for.
    func word<Value>(
        _ key: String, of words: [(String, Value)]
    ) throws(CheckpointError) -> Value {
        let names = words.map { "\"\($0.0)\"" }.joined(separator: ", ")
        return try required(key, "one of \(names)") { value in
            words.first { $0.0 == value.stringValue }?.1
        }
    }

    /// Sixteen hexadecimal digits.
    func hash(_ key: String) throws(CheckpointError) -> UInt64 {
        try required(key, "16 hexadecimal digits") { value in
            value.stringValue.flatMap { $0.utf8.count == 16 ? UInt64($0, radix: 16) : nil }
        }
    }

    /// A float32, as ``JSONValue/float(_:)`` writes it.
    func float(_ key: String) throws(CheckpointError) -> Float {
        try required(key, "a number") { value in
            if let text = value.stringValue { return JSONValue.unwritable[text] }
            return value.doubleValue.map { Float($0) }
        }
    }

    func object(_ key: String) throws(CheckpointError) -> DirectoryReader {
        guard let value = object[key] else { throw fault(key, wanted: "an object") }
        return try DirectoryReader(value, at: "\(place).\(key)")
    }

    /// The member's objects, at most so many.
    func objects(_ key: String, limit: Int) throws(CheckpointError) -> [DirectoryReader] {
        let values = try required(key, "an array of at most \(limit) objects") { value in
            value.arrayValue.flatMap { $0.count <= limit ? $0 : nil }
        }
        var objects: [DirectoryReader] = []
        for (index, value) in values.enumerated() {
            objects.append(try DirectoryReader(value, at: "\(place).\(key)[\(index)]"))
        }
        return objects
    }
}

extension JSONValue {
    /// A float32 that reads back as the same: JSON has no infinities, so those are texts.
    static func float(_ value: Float) -> JSONValue {
        value.isFinite ? .number(Double(value)) : .string("\(value)")
    }

    fileprivate static let unwritable: [String: Float] = [
        "inf": .infinity, "-inf": -.infinity, "nan": .nan,
    ]

    /// A hash in sixteen digits.
    static func hash(_ value: UInt64) -> JSONValue {
        let digits = String(value, radix: 16)
        return .string(String(repeating: "0", count: 16 - digits.count) + digits)
    }
}
