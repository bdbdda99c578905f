import MoE

/// The first 64 bytes of a packed file: what it is, and where its directory lies.
///
///     0   magic, 8 bytes            32  hash of the directory
///     8   version, 4 bytes          40  bytes of the file
///     12  0, 4 bytes                48  0
///     16  first byte of the         56  hash of the 56 bytes
///     24  … and bytes of directory      before
///
/// Numbers are little-endian, 8 bytes where nothing else is said; hashes are XXH64.
struct PackedPreamble: Equatable {
    /// The directory's first byte.
    var directoryOffset: Int
    /// The directory's bytes: the last ones of the file.
    var directoryByteCount: Int
    /// The directory's hash.
    var directoryHash: UInt64

    /// How many bytes a preamble has.
    static let byteCount = 64
    /// The version that this build writes, and the only one that it reads.
    static let version: UInt32 = 1

    // Not text, and broken by whatever takes it for some.
    private static let magic: [UInt8] = [0x93, 0x4D, 0x6F, 0x45, 0x50, 0x0D, 0x0A, 0x1A]
    /// A directory is some hundred bytes a layer.
    private static let directoryLimit = 64 << 20

    /// The bytes of the whole file.
    var fileByteCount: Int { directoryOffset + directoryByteCount }

    /// A preamble of its parts.
    init(directoryOffset: Int, directoryByteCount: Int, directoryHash: UInt64) {
        self.directoryOffset = directoryOffset
        self.directoryByteCount = directoryByteCount
        self.directoryHash = directoryHash
    }

    /// The preamble as the file begins.
    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes += UInt64(Self.version).littleEndianBytes
        bytes += UInt64(directoryOffset).littleEndianBytes
        bytes += UInt64(directoryByteCount).littleEndianBytes
        bytes += directoryHash.littleEndianBytes
        bytes += UInt64(fileByteCount).littleEndianBytes
        bytes += UInt64(0).littleEndianBytes
        return bytes + bytes.withUnsafeBytes { XXH64.hash($0) }.littleEndianBytes
    }

    /// Reads and checks the preamble of a file.
    ///
    /// - Parameter file: the file.
    /// - Throws: `format` for a file that is no packed one, or is damaged, or has not all of its
    ///   bytes; `unsupported` for one of another version.
    init(_ file: RegularFile) throws(CheckpointError) {
        func damaged(_ what: String) -> CheckpointError {
            CheckpointError(.format, "\(file.path): damaged packed file: \(what)")
        }
        guard file.byteCount >= Self.byteCount else {
            throw CheckpointError(
                .format, "\(file.path): \(file.byteCount) bytes, too short for a packed file")
        }
        let bytes = try file.bytes(0..<Self.byteCount)
        guard Array(bytes[..<8]) == Self.magic else {
            throw CheckpointError(.format, "\(file.path): not a packed file of this library")
        }
        let words = bytes.withUnsafeBytes { bytes in
            stride(from: 8, to: Self.byteCount, by: 8).map {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self))
            }
        }
        guard words[0] == UInt64(Self.version) else {
            throw CheckpointError(
                .unsupported,
                "\(file.path): packed file of version \(words[0] & 0xFFFF_FFFF), wanted "
                    + "\(Self.version): pack the model again")
        }
        guard words[6] == bytes[..<56].withUnsafeBytes({ XXH64.hash($0) }) else {
            throw damaged("its first 64 bytes do not have their hash")
        }
        guard let end = Int(exactly: words[4]), end == file.byteCount else {
            throw CheckpointError(
                .format, "\(file.path): \(file.byteCount) bytes, wanted all \(words[4])")
        }
        guard let offset = Int(exactly: words[1]), let count = Int(exactly: words[2]),
            offset >= Self.byteCount, offset <= end, count == end - offset,
            count <= Self.directoryLimit
        else { throw damaged("a directory of \(words[2]) bytes from \(words[1]) of \(end)") }
        directoryOffset = offset
        directoryByteCount = count
        directoryHash = words[3]
    }

    /// Reads the directory, and checks its hash.
    ///
    /// - Parameter file: the file of the preamble.
    /// - Returns: its JSON.
    /// - Throws: `format` if it is damaged.
    func directory(of file: RegularFile) throws(CheckpointError) -> JSONValue {
        let bytes = try file.bytes(directoryOffset..<fileByteCount)
        guard bytes.withUnsafeBytes({ XXH64.hash($0) }) == directoryHash else {
            throw CheckpointError(
                .format, "\(file.path): damaged packed file: its directory does not have its hash")
        }
        return try JSONValue(
            parsing: bytes, source: "\(file.path): directory",
            limits: JSONLimits(byteCount: Self.directoryLimit))
    }
}

extension UInt64 {
    /// The eight bytes, the least significant first.
    fileprivate var littleEndianBytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> (8 * UInt64($0))) }
    }
}
