/// The `*.safetensors.index.json` of a sharded model: which file holds which tensor.
///
/// Everything but `weight_map` is passed over: `total_size` is often wrong.
package struct ShardIndex: Sendable {
    /// The shards' file names, in the order in which they first appear.
    package private(set) var files: [String] = []
    /// The tensors' names, in the order of the text.
    package private(set) var names = NameTable()
    /// The place in `files` of every tensor's shard, in the same order.
    package private(set) var shards: [Int32] = []

    private static let limits = JSONLimits(byteCount: 256 << 20)

    /// Parses and checks an index.
    ///
    /// - Parameters:
    ///   - bytes: the JSON text.
    ///   - path: the file, as errors name it.
    /// - Throws: `format` if it is not an index, or names a file that is not beside it.
    package init(parsing bytes: [UInt8], path: String) throws(CheckpointError) {
        var scanner = try JSONScanner(bytes, source: path, limits: Self.limits)
        guard try scanner.kind() == .object else { throw scanner.unexpected(wanted: "'{'") }
        var keys: Set<String> = []
        try scanner.open()
        while let key = try scanner.nextKey() {
            guard keys.insert(key).inserted else {
                throw scanner.repeated(key, at: scanner.keyOffset)
            }
            if key == "weight_map" {
                try readWeightMap(&scanner)
            } else {
                try scanner.skipValue()
            }
        }
        try scanner.finish()
        guard keys.contains("weight_map") else {
            throw CheckpointError(.format, "\(path): no weight_map")
        }
    }

    package init(opening path: String) throws(CheckpointError) {
        let file = try RegularFile(opening: path)
        guard file.byteCount <= Self.limits.byteCount else {
            throw CheckpointError(
                .format,
                "\(path): \(file.byteCount) bytes, at most \(Self.limits.byteCount) allowed")
        }
        try self.init(parsing: file.bytes(0..<file.byteCount), path: path)
    }

    private mutating func readWeightMap(_ scanner: inout JSONScanner) throws(CheckpointError) {
        guard try scanner.kind() == .object else {
            throw scanner.unexpected(wanted: "an object as weight_map")
        }
        var places: [ArraySlice<UInt8>: Int32] = [:]
        var last: (file: ArraySlice<UInt8>, shard: Int32)?
        // A tensor takes about 96 characters, two thirds of them its name.
        names.reserve(scanner.bytes.count / 96, byteCount: scanner.bytes.count * 2 / 3)
        shards.reserveCapacity(scanner.bytes.count / 96)
        try scanner.open()
        while let name = try scanner.nextKeyBytes() {
            let offset = scanner.keyOffset
            guard name.isTensorName, names.count < SafetensorsHeader.tensorLimit else {
                throw scanner.failure(
                    "the tensor name \"\(name.text.printable)\" is empty, holds a control character, or is one too many",
                    at: offset)
            }
            guard try scanner.kind() == .string else {
                throw scanner.failure(
                    "tensor \"\(name.text.printable)\" is not mapped to a file name", at: offset)
            }
            let file = try scanner.stringBytes()
            let shard: Int32
            if let last, last.file.elementsEqual(file) {
                // Neighbours are in the same file as a rule.
                shard = last.shard
            } else if let known = places[file] {
                shard = known
            } else {
                guard file.text.isPlainFileName else {
                    throw scanner.failure(
                        "tensor \"\(name.text.printable)\" is mapped to \"\(file.text.printable)\", wanted the plain name of a .safetensors file",
                        at: offset)
                }
                shard = Int32(files.count)
                places[file] = shard
                files.append(file.text)
            }
            last = (file, shard)
            guard name.withUnsafeBufferPointer({ names.insert($0) }) != nil else {
                throw scanner.repeated(name.text, at: offset)
            }
            shards.append(shard)
        }
    }
}

extension String {
    /// Whether the text names a safetensors file beside the index, on any system.
    fileprivate var isPlainFileName: Bool {
        hasSuffix(".safetensors") && !hasPrefix("~") && isTensorName && !contains("..")
            && !utf8.contains {
                [UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: ":")].contains($0)
            }
    }
}
