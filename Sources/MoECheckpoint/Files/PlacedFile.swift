import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A new file that several threads write at places of their own, and that then gets its name.
///
/// Until `commit` it has the name with `.tmp` behind. If it is dropped before that, it is removed;
/// a killed process leaves it behind, and the next one that begins the same file replaces it.
final class PlacedFile: Sendable {
    /// Where the file is to appear.
    let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private let isCommitted = Atomic<Bool>(false)

    /// Begins a file.
    init(creating path: String) throws(CheckpointError) {
        self.path = path
        temporaryPath = path + ".tmp"
        descriptor = open(
            temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw CheckpointError(.file, "\(path): cannot be written: \(systemErrorText())")
        }
    }

    deinit {
        close(descriptor)
        if !isCommitted.load(ordering: .acquiring) { unlink(temporaryPath) }
    }

    /// Writes bytes at a place; no other thread may write there.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(CheckpointError) {
        var done = 0
        while done < bytes.count {
            let part = UnsafeRawBufferPointer(
                rebasing: bytes[done..<min(bytes.count, done + 1 << 30)])
            let written = pwrite(descriptor, part.baseAddress, part.count, off_t(offset + done))
            if written < 0, errno == EINTR { continue }
            guard written > 0 else {
                throw CheckpointError(.file, "\(path): cannot be written: \(systemErrorText())")
            }
            done += written
        }
    }

    /// Writes bytes at a place; no other thread may write there.
    func write(_ bytes: RawSpan, at offset: Int) throws(CheckpointError) {
        // Typed errors do not come through the standard library's closure.
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(CheckpointError) in try write(bytes, at: offset) }
        }
        try result.get()
    }

    /// Puts the file, whose bytes are on the disk then, in its place.
    func commit() throws(CheckpointError) {
        guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else {
            throw CheckpointError(.file, "\(path): cannot be written: \(systemErrorText())")
        }
        isCommitted.store(true, ordering: .releasing)
    }
}
