/// Reads a GGUF file's header from front to end, and never past it.
struct GGUFCursor {
    private let file: RegularFile
    private var buffer: ArraySlice<UInt8> = []
    /// The byte that is read next.
    private(set) var offset = 0

    /// The longest text that is kept; longer ones only a program that generates text needs.
    private static let textLimit = 1 << 16
    private static let bufferSize = 1 << 16

    /// A cursor at the beginning of a file.
    init(_ file: RegularFile) {
        self.file = file
    }

    /// How many bytes follow.
    var remaining: Int { file.byteCount - offset }

    /// The error about what stands at the cursor.
    func failure(_ found: String) -> CheckpointError {
        CheckpointError(.format, "\(file.path): byte \(offset): \(found)")
    }

    /// An unsigned integer, little-endian.
    mutating func integer<Value: FixedWidthInteger>(
        _ type: Value.Type = Value.self
    ) throws(CheckpointError) -> Value {
        let bytes = try take(MemoryLayout<Value>.size, "an integer")
        return bytes.reversed().reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
    }

    /// A number of things of which each takes some bytes, so that they fit the rest of the file.
    mutating func count(_ what: String, ofBytes size: Int) throws(CheckpointError) -> Int {
        let start = self
        let count = try integer(UInt64.self)
        guard count <= UInt64(remaining / size) else {
            throw start.failure("\(count) \(what) in a file with \(remaining) bytes left")
        }
        return Int(count)
    }

    /// A text: its length and its UTF-8.
    mutating func text(_ what: String) throws(CheckpointError) -> String {
        let start = self
        let count = try count("bytes of \(what)", ofBytes: 1)
        guard count <= Self.textLimit else {
            throw start.failure("\(what) of \(count) bytes, at most \(Self.textLimit) allowed")
        }
        guard let text = String(validating: try take(count, what), as: UTF8.self) else {
            throw start.failure("\(what) that is not UTF-8")
        }
        return text
    }

    /// Passes over bytes.
    mutating func skip(_ count: Int, _ what: String) throws(CheckpointError) {
        guard count <= remaining else {
            throw failure("\(what) of \(count) bytes, of which \(remaining) are there")
        }
        buffer = buffer.dropFirst(count)
        offset += count
    }

    private mutating func take(
        _ count: Int, _ what: String
    ) throws(CheckpointError) -> ArraySlice<UInt8> {
        guard count <= remaining else { throw failure("the file ends within \(what)") }
        if buffer.count < count {
            let end = offset + max(count, min(Self.bufferSize, remaining))
            buffer = try file.bytes(offset..<end)[...]
        }
        defer {
            buffer = buffer.dropFirst(count)
            offset += count
        }
        return buffer.prefix(count)
    }
}
