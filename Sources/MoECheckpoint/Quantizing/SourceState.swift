#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// What a run is made from: the options and the state of the source's files.
///
/// The same state gives the same files, so that what another run of the same state has left can be
/// taken over.
struct SourceState: Equatable {
    private let options: [String: String]
    private let files: [String: String]

    /// What the numbers that are written depend on beside the options; counted up when they change.
    private static let version = "1"

    /// The state of files as they are now.
    ///
    /// - Parameters:
    ///   - options: what the user has asked for, by name.
    ///   - names: the files that are read.
    ///   - folder: where they are.
    /// - Throws: `file` for a file that is not there.
    init(
        options: [String: String], files names: [String], in folder: String
    ) throws(CheckpointError) {
        var files: [String: String] = [:]
        for name in names { files[name] = try Self.stamp(of: "\(folder)/\(name)") }
        self.options = options
        self.files = files
    }

    /// Size and time of the last change of a file; of what a link stands for.
    private static func stamp(of path: String) throws(CheckpointError) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw CheckpointError(.file, "\(path): cannot be opened: \(systemErrorText())")
        }
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        return "\(status.st_size) bytes, \(time.tv_sec) s, \(time.tv_nsec) ns"
    }

    /// What is different from an older state, in words; nil if nothing is.
    func change(since older: SourceState) -> String? {
        for (name, value) in options.sorted(by: { $0.key < $1.key })
        where older.options[name] != value {
            return "it was begun with another \(name)"
        }
        let names = Set(files.keys).union(older.files.keys).sorted()
        guard let name = names.first(where: { files[$0] != older.files[$0] }) else { return nil }
        return "\(name) has changed since it was begun"
    }

    // MARK: - On disk

    /// A state as a file holds it, or nil for what is none of this version.
    init?(_ json: JSONValue) {
        guard json["version"] == .string(Self.version),
            let options = json["options"]?.objectValue, let files = json["files"]?.objectValue
        else { return nil }
        self.options = options.strings
        self.files = files.strings
    }

    /// The state as a file holds it.
    var json: JSONValue {
        .object([
            "version": .string(Self.version), "options": .object(JSONObject(options)),
            "files": .object(JSONObject(files)),
        ])
    }
}

extension JSONObject {
    fileprivate init(_ strings: [String: String]) {
        self.init()
        for (key, value) in strings.sorted(by: { $0.key < $1.key }) { self[key] = .string(value) }
    }

    fileprivate var strings: [String: String] {
        var strings: [String: String] = [:]
        for (key, value) in self { strings[key] = value.stringValue }
        return strings
    }
}
