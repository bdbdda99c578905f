import Foundation
import MoECheckpoint

/// Writes GGUF files field by field, so that each of them can be wrong.
struct GGUFBuilder {
    /// A tensor's entry; its bytes are zeros.
    struct Entry {
        var name = "blk.0.ffn_gate_inp.weight"
        /// Fastest first.
        var dimensions: [UInt64] = [4, 2]
        var rank: UInt32?
        var type: UInt32 = 0
        var offset: UInt64 = 0
    }

    var magic = Array("GGUF".utf8)
    var version: UInt32 = 3
    var tensorCount: UInt64?
    var pairCount: UInt64?
    var pairs: [[UInt8]] = [pair("general.architecture", text: "olmoe")]
    var tensors = [Entry()]
    var alignment = 32
    /// How many bytes of data follow.
    var dataByteCount = 32
    /// Whether the file is `magic` and nothing else.
    var isRaw = false

    var bytes: [UInt8] {
        if isRaw { return magic }
        var bytes = magic + Self.bytes(version)
        bytes += Self.bytes(tensorCount ?? UInt64(tensors.count))
        bytes += Self.bytes(pairCount ?? UInt64(pairs.count)) + pairs.joined()
        for tensor in tensors {
            bytes += Self.text(tensor.name)
            bytes += Self.bytes(tensor.rank ?? UInt32(tensor.dimensions.count))
            for dimension in tensor.dimensions { bytes += Self.bytes(dimension) }
            bytes += Self.bytes(tensor.type) + Self.bytes(tensor.offset)
        }
        while bytes.count % alignment != 0 { bytes.append(0) }
        return bytes + [UInt8](repeating: 0, count: dataByteCount)
    }

    static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    static func text(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + text.utf8 }

    /// A pair with the bytes of a value of a type.
    static func pair(_ key: String, _ type: UInt32, _ value: [UInt8]) -> [UInt8] {
        text(key) + bytes(type) + value
    }

    static func pair(_ key: String, text value: String) -> [UInt8] { pair(key, 8, text(value)) }

    /// Opens what was built, as a file that is removed again.
    func open() throws -> GGUFFile {
        let path = NSTemporaryDirectory() + "moe-\(UUID().uuidString).gguf"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try GGUFFile(opening: path)
    }
}
