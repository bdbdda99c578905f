/// How much a JSON text may ask for.
public struct JSONLimits: Sendable, Hashable {
    /// The longest text, in bytes.
    public var byteCount: Int
    /// How deep arrays and objects may nest, the outermost being 1; never more than 512.
    public var depth: Int {
        didSet { depth = min(depth, Self.greatestDepth) }
    }

    /// Values are read and freed by recursion, which this keeps well inside any thread's stack.
    private static let greatestDepth = 512

    /// Limits; as they stand, those of a configuration file.
    public init(byteCount: Int = 16 << 20, depth: Int = 64) {
        self.byteCount = byteCount
        self.depth = min(depth, Self.greatestDepth)
    }
}

extension JSONValue {
    /// Parses a whole JSON text, strictly by RFC 8259.
    ///
    /// Refused besides what the grammar refuses: a byte order mark, bytes that are not UTF-8, lone
    /// surrogates, a key twice in an object (compared after unescaping), a number beyond the range
    /// of `Double`, and whatever exceeds the limits. Time is linear in the text's length.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - source: where it comes from, as errors name it.
    ///   - limits: how much it may ask for.
    /// - Throws: `format` with the byte offset of what is wrong.
    public init(
        parsing bytes: [UInt8], source: String = "JSON", limits: JSONLimits = JSONLimits()
    ) throws(CheckpointError) {
        var scanner = try JSONScanner(bytes, source: source, limits: limits)
        self = try scanner.value()
        try scanner.finish()
    }

    /// Parses a whole JSON text, strictly by RFC 8259.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - source: where it comes from, as errors name it.
    ///   - limits: how much it may ask for.
    /// - Throws: `format` with the byte offset of what is wrong.
    public init(
        parsing text: String, source: String = "JSON", limits: JSONLimits = JSONLimits()
    ) throws(CheckpointError) {
        try self.init(parsing: Array(text.utf8), source: source, limits: limits)
    }
}

extension JSONScanner {
    /// The next value, with everything in it.
    mutating func value() throws(CheckpointError) -> JSONValue {
        switch try kind() {
        case .null: return .null
        case .bool(let value): return .bool(value)
        case .string: return .string(try string())
        case .number:
            switch try number() {
            case .integer(let integer): return .integer(integer)
            case .float(let double): return .number(double)
            }
        case .array:
            var elements: [JSONValue] = []
            try open()
            while try nextElement() { elements.append(try value()) }
            return .array(elements)
        case .object:
            var object = JSONObject()
            try open()
            while let key = try nextKey() {
                let offset = keyOffset
                guard object.insert(key, try value()) else { throw repeated(key, at: offset) }
            }
            return .object(object)
        }
    }

    /// Passes over the next value: refuses what `value()` refuses, and keeps nothing of it.
    mutating func skipValue() throws(CheckpointError) {
        switch try kind() {
        case .null, .bool: break
        case .string: _ = try string()
        case .number: _ = try number()
        case .array:
            try open()
            while try nextElement() { try skipValue() }
        case .object:
            var keys: Set<String> = []
            try open()
            while let key = try nextKey() {
                guard keys.insert(key).inserted else { throw repeated(key, at: keyOffset) }
                try skipValue()
            }
        }
    }
}
