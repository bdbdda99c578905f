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
/// Until `commit` it has no name where the system has files without one (Linux), so that whatever
/// ends the process leaves nothing behind. Elsewhere it has the name with `.tmp` behind: a dropped
/// one is removed, and one that a killed process leaves is replaced by the next that begins it.
final class PlacedFile: Sendable {
    /// Where the file is to appear.
    let path: String
    private let temporaryPath: String
    private let descriptor: Int32
    private let isNamed: Bool
    private let isCommitted = Atomic<Bool>(false)

    /// Begins a file.
    init(creating path: String) throws(CheckpointError) {
        self.path = path
        temporaryPath = path + ".tmp"
        let nameless = Self.openNameless(besides: path)
        isNamed = nameless == nil
        descriptor =
            nameless
            ?? open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw CheckpointError(.file, "\(path): cannot be written: \(systemErrorText())")
        }
    }

    deinit {
        close(descriptor)
        if isNamed, !isCommitted.load(ordering: .acquiring) { unlink(temporaryPath) }
    }

    /// Opens a file without a name in the folder of a path; nil where there are none.
    private static func openNameless(besides path: String) -> Int32? {
        #if os(Linux)
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        // O_TMPFILE, a macro that is not imported. Its name is given through /proc.
        let flags = 0o20000000 | O_DIRECTORY | O_WRONLY | O_CLOEXEC
        guard access("/proc/self/fd", X_OK) == 0 else { return nil }
        let descriptor = open(folder, flags, 0o666)
        return descriptor >= 0 ? descriptor : nil
        #else
        return nil
        #endif
    }

    /// Gives a nameless file its temporary name, as a link replaces nothing and a rename does.
    private func name() -> Bool {
        #if os(Linux)
        if isNamed { return true }
        unlink(temporaryPath)
        return linkat(
            AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, temporaryPath, AT_SYMLINK_FOLLOW)
            == 0
        #else
        return true
        #endif
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
        guard fsync(descriptor) == 0, name(), rename(temporaryPath, path) == 0 else {
            let text = systemErrorText()
            if !isNamed { unlink(temporaryPath) }
            throw CheckpointError(.file, "\(path): cannot be written: \(text)")
        }
        isCommitted.store(true, ordering: .releasing)
    }
}
