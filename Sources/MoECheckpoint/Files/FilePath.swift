#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Paths as the system sees them.
enum FilePath {
    /// The one absolute path of something that is there, or nil.
    static func real(_ path: String) -> String? {
        guard !path.utf8.contains(0), let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// The absolute path of something whose folder is there, itself there or not.
    ///
    /// - Parameter path: any spelling.
    /// - Returns: the path without links; a link at its end is followed too where it leads anywhere.
    /// - Throws: `file` if there is no such folder, or the path is none.
    static func absolute(_ path: String) throws(CheckpointError) -> String {
        if let real = real(path) { return real }
        var trimmed = Substring(path)
        while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
        let name = trimmed.split(separator: "/").last.map(String.init) ?? ""
        let folder = trimmed.dropLast(name.count)
        guard !name.isEmpty, name != ".", name != "..", !path.utf8.contains(0) else {
            throw CheckpointError(.file, "\"\(path.printable)\" is no path of a folder")
        }
        guard let parent = real(folder.isEmpty ? "." : String(folder)) else {
            throw CheckpointError(
                .file, "\(path): its folder cannot be opened: \(systemErrorText())")
        }
        return parent == "/" ? "/\(name)" : "\(parent)/\(name)"
    }

    /// Whether a path is a folder or lies in it; both absolute.
    static func isInside(_ path: String, _ folder: String) -> Bool {
        path == folder || path.hasPrefix(folder == "/" ? folder : folder + "/")
    }

    /// Whether a folder is the root of a file system of its own.
    static func isMountPoint(_ folder: String) -> Bool {
        var (inside, outside) = (stat(), stat())
        return stat(folder, &inside) == 0 && stat(folder + "/..", &outside) == 0
            && inside.st_dev != outside.st_dev
    }

    /// Bytes that a user may still write to the file system of a folder; nil where it does not say.
    static func freeByteCount(of folder: String) -> Int? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0, status.f_blocks > 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize))
        return overflow ? nil : Int(exactly: bytes)
    }
}
