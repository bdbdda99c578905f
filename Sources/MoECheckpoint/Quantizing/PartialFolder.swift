#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The folder in which a new one grows: `OUT.partial` beside `OUT`, whose name it gets when it is
/// whole.
///
/// One run at a time writes to it. A record in it says what it is made from; a run of the same
/// state takes over the files that an interrupted one has finished, any other run removes them.
final class PartialFolder {
    /// Where the files go until the folder is whole.
    let path: String
    /// Why what was found in it could not be used; nil if all of it could, or nothing was found.
    let restartReason: String?
    private let destination: String
    /// Open as long as this run owns the folder: closing it lets the lock go, as does a death.
    private let descriptor: Int32

    private static let recordName = ".quantization.json"

    /// Takes over the folder, or makes it.
    ///
    /// - Parameters:
    ///   - destination: the absolute path that the folder gets in the end.
    ///   - state: what it is made from.
    /// - Throws: `file` if it cannot be made, if another run writes to it, or if it is there and
    ///   nothing says that it was left by one.
    init(for destination: String, state: SourceState) throws(CheckpointError) {
        let path = destination + ".partial"
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
            throw CheckpointError(.file, "\(path): cannot be made: \(systemErrorText())")
        }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CheckpointError(.file, "\(path): cannot be opened: \(systemErrorText())")
        }
        do throws(CheckpointError) {
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                throw CheckpointError(
                    .file, "\(path): another run is writing to it, wanted one at a time")
            }
            restartReason = try Self.prepare(path, for: state)
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
        self.destination = destination
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Keeps what an earlier run of the same state has left, or clears the folder.
    private static func prepare(
        _ path: String, for state: SourceState
    ) throws(CheckpointError) -> String? {
        let names = try Folder(opening: path).content
        var reason: String?
        if names.contains(recordName) {
            let record = try? JSONValue(
                contentsOf: "\(path)/\(recordName)", limits: JSONLimits(byteCount: 16 << 20))
            let older = record.flatMap(SourceState.init)
            reason = older.map(state.change) ?? "its record cannot be read"
            if reason == nil { return nil }
        } else if let name = names.first(where: { !$0.hasSuffix(".tmp") }) {
            // Not ours: whatever it is, someone may want it.
            throw CheckpointError(
                .file,
                "\(path): is there and holds \(name.printable), wanted no such folder, or one "
                    + "that an interrupted run has left")
        }
        for name in names {
            guard unlink("\(path)/\(name)") == 0 else {
                throw CheckpointError(
                    .file, "\(path)/\(name): cannot be removed: \(systemErrorText())")
            }
        }
        try write(state.json.text(.indented), to: "\(path)/\(recordName)")
        return reason
    }

    /// Writes a text to a file, whole or not at all.
    ///
    /// - Parameters:
    ///   - text: what the file is to hold.
    ///   - path: where it is to appear.
    /// - Throws: `file` if it cannot be written.
    static func write(_ text: String, to path: String) throws(CheckpointError) {
        let file = try PlacedFile(creating: path)
        try file.write(Array(text.utf8).span.bytes, at: 0)
        try file.commit()
    }

    /// Removes the folder, unless a finished file of weights is in it.
    ///
    /// - Returns: whether the folder is gone.
    func removeIfUseless() -> Bool {
        guard let names = try? Folder(opening: path).content,
            !names.contains(where: { $0.hasSuffix(".safetensors") })
        else { return false }
        // The record last, without which nothing would say whose folder it is.
        for name in names.sorted(by: { $0 != Self.recordName && $1 == Self.recordName }) {
            unlink("\(path)/\(name)")
        }
        return rmdir(path) == 0
    }

    /// Gives the folder the name it is meant to have.
    ///
    /// - Throws: `file` if something stands there meanwhile.
    func commit() throws(CheckpointError) {
        // An empty folder at the destination gives way; anything else is an error.
        guard fsync(descriptor) == 0, rename(path, destination) == 0 else {
            throw CheckpointError(
                .file, "\(path): cannot be renamed to \(destination): \(systemErrorText())")
        }
        unlink("\(destination)/\(Self.recordName)")
        fsync(descriptor)
        let parent = open(destination + "/..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if parent >= 0 {
            fsync(parent)
            close(parent)
        }
    }
}
