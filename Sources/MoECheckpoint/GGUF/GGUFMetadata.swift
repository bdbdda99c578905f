extension GGUFCursor {
    /// The key-value pairs of a header.
    ///
    /// Kept are numbers, truth values, texts and short arrays of numbers: what a configuration
    /// holds. Long arrays, such as a tokenizer's, are passed over.
    ///
    /// - Parameter count: how many pairs there are.
    /// - Returns: the pairs.
    /// - Throws: `format` for a key that is there twice or is no name, an unknown type, an array of
    ///   arrays, and a file that ends before.
    mutating func metadata(_ count: Int) throws(CheckpointError) -> JSONObject {
        var metadata = JSONObject()
        var keys: Set<String> = []
        for _ in 0..<count {
            let start = self
            let key = try text("a key")
            guard key.isTensorName else {
                throw start.failure("the key \"\(key.printable)\", wanted a name")
            }
            guard keys.insert(key).inserted else {
                throw start.failure("the key \"\(key.printable)\" is there twice")
            }
            let type = try integer(UInt32.self)
            if let value = try value(of: type, key: key) { metadata[key] = value }
        }
        return metadata
    }

    /// A value, or nil for one that is not kept.
    private mutating func value(
        of type: UInt32, key: String
    ) throws(CheckpointError) -> JSONValue? {
        guard type == 9 else { return try scalar(of: type, key: key) }
        let start = self
        let element = try integer(UInt32.self)
        guard element != 9 else {
            throw start.failure("\(key.printable): an array of arrays, which no model needs")
        }
        // A text takes the eight bytes of its length at least.
        guard let size = element == 8 ? 8 : Self.size(of: element) else {
            throw start.failure("\(key.printable): an array of the unknown type \(element)")
        }
        let count = try count("elements of \(key.printable)", ofBytes: size)
        if element == 8 {
            for _ in 0..<count { try skipText(of: key) }
            return nil
        }
        guard count <= Self.arrayLimit else {
            try skip(count * size, key.printable)
            return nil
        }
        var elements: [JSONValue] = []
        for _ in 0..<count { elements.append(try scalar(of: element, key: key)) }
        return .array(elements)
    }

    /// The longest array that is kept: a value per layer.
    private static let arrayLimit = 4096

    private mutating func skipText(of key: String) throws(CheckpointError) {
        try skip(count("bytes of \(key.printable)", ofBytes: 1), key.printable)
    }

    private static func size(of type: UInt32) -> Int? {
        switch type {
        case 0, 1, 7: 1
        case 2, 3: 2
        case 4, 5, 6: 4
        case 10, 11, 12: 8
        default: nil
        }
    }

    private mutating func scalar(
        of type: UInt32, key: String
    ) throws(CheckpointError) -> JSONValue {
        let start = self
        switch type {
        case 0: return .integer(Int(try integer(UInt8.self)))
        case 1: return .integer(Int(try integer(Int8.self)))
        case 2: return .integer(Int(try integer(UInt16.self)))
        case 3: return .integer(Int(try integer(Int16.self)))
        case 4: return .integer(Int(try integer(UInt32.self)))
        case 5: return .integer(Int(try integer(Int32.self)))
        case 6: return .number(Double(Float(bitPattern: try integer(UInt32.self))))
        case 7:
            let value = try integer(UInt8.self)
            guard value < 2 else {
                throw start.failure("\(key.printable): \(value), wanted a truth value, 0 or 1")
            }
            return .bool(value == 1)
        case 8: return .string(try text("the value of \(key.printable)"))
        case 10:
            let value = try integer(UInt64.self)
            return Int(exactly: value).map { .integer($0) } ?? .number(Double(value))
        case 11: return .integer(Int(try integer(Int64.self)))
        case 12: return .number(Double(bitPattern: try integer(UInt64.self)))
        default: throw start.failure("\(key.printable): the unknown type \(type)")
        }
    }
}
