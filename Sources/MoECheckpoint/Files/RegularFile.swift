import MoE

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A regular file, open for reading at any place.
///
/// What is opened is checked on the descriptor, which then stays the only way to the file: it can
/// neither be swapped for another, nor turn out a pipe that blocks. There is no mapping either, so
/// that a file that shrinks meanwhile is an error and not a signal.
final class RegularFile: Sendable {
    /// The path, as errors name it.
    let path: String
    /// How many bytes the file had when it was opened.
    let byteCount: Int
    private let descriptor: Int32

    /// Opens a file; a symbolic link is followed.
    init(opening path: String) throws(CheckpointError) {
        guard !path.utf8.contains(0) else {
            throw CheckpointError(.file, "\(path.printable): a path with a NUL character")
        }
        // Not blocking, or a FIFO would wait for a writer before it can be told from a file.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw CheckpointError(.file, "\(path): cannot be opened: \(systemErrorText())")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw CheckpointError(.file, "\(path): not a regular file")
        }
        self.path = path
        self.descriptor = descriptor
        byteCount = Int(status.st_size)
    }

    deinit {
        close(descriptor)
    }

    /// Fills a buffer from an offset; a file that ends before that is an error.
    func read(
        at offset: Int, into destination: UnsafeMutableRawBufferPointer
    ) throws(CheckpointError) {
        var done = 0
        while done < destination.count {
            // Linux reads at most 2 GiB in one call, Darwin refuses more.
            let count = min(destination.count - done, 1 << 30)
            let part = UnsafeMutableRawBufferPointer(rebasing: destination[done..<done + count])
            let result = pread(descriptor, part.baseAddress, count, off_t(offset + done))
            if result < 0, errno == EINTR { continue }
            guard result >= 0 else {
                throw CheckpointError(.file, "\(path): cannot be read: \(systemErrorText())")
            }
            guard result > 0 else {
                throw CheckpointError(
                    .file,
                    "\(path): ends at byte \(offset + done), wanted \(offset + destination.count)")
            }
            done += result
        }
    }

    /// Whether the file still has the bytes that it had when it was opened.
    var keepsItsLength: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && Int(status.st_size) == byteCount
    }

    /// Maps the whole file for reading.
    func mapped() throws(CheckpointError) -> MappedFile {
        do {
            return try MappedFile(descriptor: descriptor, byteCount: byteCount)
        } catch {
            throw CheckpointError(.file, "\(path): \(error.message)")
        }
    }

    /// A range of the file; memory is taken only if the file is as long as that.
    func bytes(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw CheckpointError(
                .file, "\(path): ends at byte \(byteCount), wanted \(range.upperBound)")
        }
        return try [UInt8](count: range.count) { bytes throws(CheckpointError) in
            try read(
                at: range.lowerBound,
                into: UnsafeMutableRawBufferPointer(start: bytes, count: range.count))
        }
    }
}

/// What the last failed call into the system says went wrong.
func systemErrorText() -> String {
    String(cString: strerror(errno))
}

extension JSONValue {
    /// Parses a file as JSON; see `init(parsing:source:limits:)`.
    ///
    /// - Parameters:
    ///   - path: a regular file.
    ///   - limits: how much it may ask for; checked before the file is read.
    /// - Throws: `file` if it cannot be read, `format` with the byte offset of what is wrong.
    public init(
        contentsOf path: String, limits: JSONLimits = JSONLimits()
    ) throws(CheckpointError) {
        let file = try RegularFile(opening: path)
        guard file.byteCount <= limits.byteCount else {
            throw CheckpointError(
                .format, "\(path): \(file.byteCount) bytes, at most \(limits.byteCount) allowed")
        }
        try self.init(parsing: file.bytes(0..<file.byteCount), source: path, limits: limits)
    }
}
