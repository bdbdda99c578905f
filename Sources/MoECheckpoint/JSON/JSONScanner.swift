/// Reads JSON text a token at a time, straight from its bytes.
///
/// The pull interface under `JSONValue`, and under readers of large headers that build their own
/// tables instead of values:
///
/// ```swift
/// try scanner.open()                                  // after kind() said .object
/// while let key = try scanner.nextKey() { try scanner.skipValue() }
/// try scanner.finish()
/// ```
struct JSONScanner {
    /// What the next value is; literals are consumed by being recognised.
    enum Kind: Equatable {
        case null, bool(Bool), number, string, array, object
    }

    let bytes: [UInt8]
    let source: String
    /// The offset of the next byte.
    var position = 0
    /// Where the last key began.
    private(set) var keyOffset = 0
    private let depthLimit: Int
    private var depth = 0
    /// Whether the innermost container has had no item yet.
    private var isAtStart = false

    init(_ bytes: [UInt8], source: String, limits: JSONLimits) throws(CheckpointError) {
        guard bytes.count <= limits.byteCount else {
            throw CheckpointError(
                .format,
                "\(source): \(bytes.count) bytes of JSON, at most \(limits.byteCount) allowed")
        }
        self.bytes = bytes
        self.source = source
        depthLimit = limits.depth
    }

    /// What comes next: the start of a value, or a literal as a whole.
    mutating func kind() throws(CheckpointError) -> Kind {
        skipWhitespace()
        switch peek {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"): return .number
        case _ where isDigit: return .number
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        default: throw unexpected(wanted: "a JSON value")
        }
    }

    /// Enters the array or object that `kind()` announced.
    mutating func open() throws(CheckpointError) {
        guard depth < depthLimit else {
            throw failure("nesting deeper than \(depthLimit)", at: position)
        }
        depth += 1
        position += 1
        isAtStart = true
    }

    /// Moves to the next element of the array, or leaves it and returns false.
    mutating func nextElement() throws(CheckpointError) -> Bool {
        try nextItem(close: UInt8(ascii: "]"), wanted: "',' or ']'")
    }

    /// Moves to the next member of the object and past its key, or leaves it and returns nil.
    mutating func nextKey() throws(CheckpointError) -> String? {
        try nextKeyBytes().map { String(decoding: $0, as: UTF8.self) }
    }

    /// The same, and gives the key's UTF-8.
    mutating func nextKeyBytes() throws(CheckpointError) -> ArraySlice<UInt8>? {
        guard try nextItem(close: UInt8(ascii: "}"), wanted: "',' or '}'") else { return nil }
        guard peek == UInt8(ascii: "\"") else { throw unexpected(wanted: "a key in quotes") }
        keyOffset = position
        let key = try stringBytes()
        skipWhitespace()
        guard peek == UInt8(ascii: ":") else { throw unexpected(wanted: "':'") }
        position += 1
        return key
    }

    /// Checks that nothing but white space is left.
    mutating func finish() throws(CheckpointError) {
        skipWhitespace()
        guard position == bytes.count else { throw unexpected(wanted: "the end of the JSON text") }
    }

    private mutating func nextItem(
        close: UInt8, wanted: StaticString
    ) throws(CheckpointError) -> Bool {
        skipWhitespace()
        let isFirst = isAtStart
        isAtStart = false
        if peek == close {
            position += 1
            depth -= 1
            return false
        }
        if isFirst { return true }
        guard peek == UInt8(ascii: ",") else { throw unexpected(wanted: "\(wanted)") }
        position += 1
        skipWhitespace()
        // A comma promises an item, so that `[1,]` fails here and not as an empty value.
        guard peek != close else { throw unexpected(wanted: "an item after ','") }
        return true
    }

    private mutating func literal(_ word: StaticString) throws(CheckpointError) {
        let end = position + word.utf8CodeUnitCount
        let matches =
            end <= bytes.count
            && word.withUTF8Buffer { bytes[position..<end].elementsEqual($0) }
        guard matches else { throw unexpected(wanted: "\(word)") }
        position = end
    }

    private mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// The next byte, or nil at the end.
    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private var isDigit: Bool {
        guard let byte = peek else { return false }
        return byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    // MARK: - Errors

    func failure(_ what: String, at offset: Int) -> CheckpointError {
        CheckpointError(.format, "\(source): byte \(offset): \(what)")
    }

    func repeated(_ key: String, at offset: Int) -> CheckpointError {
        failure("the key \"\(key.printable)\" comes twice in an object", at: offset)
    }

    func unexpected(wanted: String) -> CheckpointError {
        let found =
            switch peek {
            case nil: "the end"
            case let byte? where byte > 0x20 && byte < 0x7F: "'\(Character(UnicodeScalar(byte)))'"
            case let byte?: "byte \(byte)"
            }
        return failure("found \(found), wanted \(wanted)", at: position)
    }
}
