/// Turns bytes into text as they come, never in the middle of a character.
public struct TextStream: Sendable {
    private var pending: [UInt8] = []

    /// A stream without bytes.
    public init() {}

    /// Takes a byte.
    ///
    /// - Parameter byte: the next one.
    /// - Returns: the text that is complete with it, often none; bytes that are no UTF-8 become
    ///   U+FFFD.
    public mutating func append(_ byte: UInt8) -> String {
        pending.append(byte)
        return isIncomplete ? "" : finish()
    }

    /// The text of what is left, whether complete or not.
    public mutating func finish() -> String {
        defer { pending.removeAll(keepingCapacity: true) }
        return String(decoding: pending, as: UTF8.self)
    }

    /// Whether the bytes are the beginning of a scalar of more bytes.
    private var isIncomplete: Bool {
        guard let first = pending.first else { return false }
        let length =
            switch first {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        return pending.count < length
            && pending.dropFirst().allSatisfy { $0 & 0xC0 == 0x80 }
    }
}
