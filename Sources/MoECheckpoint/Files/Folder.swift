#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A folder's contents, by name.
struct Folder {
    /// The folder's path, without a slash at its end.
    let path: String
    /// The names of what is in it, sorted; links and hidden files included.
    let names: [String]

    /// Lists a folder.
    init(opening path: String) throws(CheckpointError) {
        guard !path.isEmpty, !path.utf8.contains(0), let stream = opendir(path) else {
            throw CheckpointError(
                .file, "\(path.printable): cannot be opened as a folder: \(systemErrorText())")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let item = readdir(stream) {
            let capacity = MemoryLayout.size(ofValue: item.pointee.d_name)
            let name = withUnsafePointer(to: &item.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: capacity) { String(cString: $0) }
            }
            names.append(name)
        }
        var trimmed = Substring(path)
        while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
        self.path = String(trimmed)
        self.names = names.sorted()
    }

    /// The names of what is in it, but for the folder itself and the one above.
    var content: [String] { names.filter { $0 != "." && $0 != ".." } }

    /// Whether something in the folder is a regular file, or a link to one.
    func isRegularFile(_ name: String) -> Bool {
        var status = stat()
        return stat(path(of: name), &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// The path of something in the folder.
    func path(of name: String) -> String {
        path == "/" ? "/\(name)" : "\(path)/\(name)"
    }
}
