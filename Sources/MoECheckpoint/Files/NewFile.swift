#if canImport(Darwin)
import Darwin

private let systemWrite = Darwin.write
#elseif canImport(Musl)
import Musl

private let systemWrite = Musl.write
#else
import Glibc

private let systemWrite = Glibc.write
#endif

/// A file that appears under its name whole or not at all.
///
/// It is written under a temporary name in the destination's folder and renamed by `commit`. If it
/// is dropped before that, the temporary file is removed and what stood at the destination stands
/// unchanged. A symbolic link at the destination is replaced and not followed: model hubs link
/// files into a store that many models share, which writing through the link would corrupt.
final class NewFile {
    /// Where the file is to appear.
    let path: String
    private let temporaryPath: String
    private var descriptor: Int32

    /// Begins a file.
    init(creating path: String) throws(CheckpointError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw CheckpointError(.file, "\"\(path.printable)\" is no path of a file")
        }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw CheckpointError(
                .file, "\(path): cannot be written: it is there, and not a regular file")
        }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        let unique = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        self.path = path
        temporaryPath = "\(folder).safetensors-\(unique).tmp"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw CheckpointError(
                .file, "\(path): cannot be written: its folder: \(systemErrorText())")
        }
    }

    deinit {
        if descriptor >= 0 { abandon() }
    }

    /// Appends bytes.
    func write(_ bytes: RawSpan) throws(CheckpointError) {
        var done = 0
        while done < bytes.byteCount {
            let part = bytes.extracting(done..<min(bytes.byteCount, done + 1 << 30))
            let written = part.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written >= 0 else {
                throw CheckpointError(.file, "\(path): cannot be written: \(systemErrorText())")
            }
            done += written
        }
    }

    /// Puts the file in its place.
    func commit() throws(CheckpointError) {
        // A full disk or a quota of a network file system may be told of only now.
        let closed = close(descriptor)
        descriptor = -1
        guard closed == 0, rename(temporaryPath, path) == 0 else {
            let text = systemErrorText()
            unlink(temporaryPath)
            throw CheckpointError(.file, "\(path): cannot be written: \(text)")
        }
    }

    private func abandon() {
        close(descriptor)
        unlink(temporaryPath)
    }
}
