import Foundation

/// A file that a fuzz target fills with what it is to read, in the folder that `FUZZ_FOLDER` names.
///
/// Scripts/fuzz.sh makes that folder in memory where it can, and removes it.
struct ScratchFile {
    /// The folder.
    static let folder = ProcessInfo.processInfo.environment["FUZZ_FOLDER"] ?? "."

    /// The file's path.
    let path: String

    /// A file of a name, relative to the folder.
    init(_ name: String) {
        path = "\(Self.folder)/\(name)"
    }

    /// Replaces what the file holds.
    func fill(with bytes: some Collection<UInt8>) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(descriptor >= 0, "\(path): cannot be written")
        defer { close(descriptor) }
        let bytes = Array(bytes)
        precondition(write(descriptor, bytes, bytes.count) == bytes.count, "\(path): is not whole")
    }
}

/// What libFuzzer hands to a target.
func input(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: count))
}
