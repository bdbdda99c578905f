internal import MoE
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The files that a packed model was made from, as they were then.
///
/// A source is the same if its files are: those of the same size and time of change without being
/// read, and others if their contents have the same hash. So a copy of a model is the same model,
/// and a model in which one byte has changed is another one.
struct SourceFiles: Sendable {
    /// One file.
    struct File: Sendable, Equatable {
        /// The name in the model's folder.
        var name: String
        var byteCount: Int
        /// The time of the last change, in nanoseconds since 1970.
        var changed: Int
        /// XXH64 of the contents.
        var hash: UInt64
    }

    /// The files, by name.
    private(set) var files: [File]

    /// The files that a model is read from.
    ///
    /// - Parameter model: the model's folder, or a GGUF file.
    /// - Returns: the folder, and the names of the files in it, sorted.
    /// - Throws: `file` or `format` if they cannot be found.
    static func names(of model: String) throws(CheckpointError) -> (folder: String, names: [String])
    {
        if let gguf = try Checkpoint.ggufFile(model) {
            let paths = try GGUFModel(opening: gguf).files.map(\.path)
            let names = paths.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
            let folder = String(gguf.dropLast(names[0].count + 1))
            return (gguf.hasPrefix("/") && folder.isEmpty ? "/" : folder, names)
        }
        let folder = try Folder(opening: model)
        let tensors = try SafetensorsDirectory(opening: folder.path)
        let configuration =
            folder.names.contains("config.json") ? "config.json" : MistralParameters.fileName
        let beside = folder.names.filter {
            $0 == configuration || $0 == "hf_quant_config.json" || ModelSlimDescription.isName($0)
                || $0.hasSuffix(".safetensors.index.json")
        }
        return (folder.path, (beside + tensors.files).sorted())
    }

    /// Reads and hashes a model's files.
    ///
    /// - Parameters:
    ///   - model: the model's folder, or a GGUF file.
    ///   - threads: how many files are read at once.
    /// - Throws: `file` if one cannot be read or changes meanwhile.
    init(of model: String, threads: Int) throws(CheckpointError) {
        let (folder, names) = try Self.names(of: model)
        let files = Mutex<[Result<File, CheckpointError>?]>(
            Array(repeating: nil, count: names.count))
        WorkerPool.shared.run(tiles: names.count, threads: threads) { index, _ in
            let result = Result { () throws(CheckpointError) in
                try File(reading: names[index], in: folder)
            }
            files.withLock { $0[index] = result }
        }
        self.files = []
        for result in files.withLock({ $0 }) {
            if let file = try result?.get() { self.files.append(file) }
        }
    }

    /// Checks that a model's files are these.
    ///
    /// - Parameter model: the model's folder, or a GGUF file.
    /// - Returns: what is different, in words; nil if nothing is.
    /// - Throws: `file` if one cannot be read.
    func change(in model: String) throws(CheckpointError) -> String? {
        let (folder, names) = try Self.names(of: model)
        if let name = names.first(where: { name in !files.contains { $0.name == name } }) {
            return "\(name.printable) is there and was not"
        }
        for file in files {
            guard names.contains(file.name) else { return "\(file.name.printable) is not there" }
            let state = try File.state(of: file.name, in: folder)
            if state.byteCount == file.byteCount, state.changed == file.changed { continue }
            guard state.byteCount == file.byteCount else {
                return
                    "\(file.name.printable) has \(state.byteCount) bytes and had \(file.byteCount)"
            }
            guard try File(reading: file.name, in: folder).hash == file.hash else {
                return "\(file.name.printable) has other contents"
            }
        }
        return nil
    }

    /// Checks that no file was changed since it was read.
    func checkUnchanged(in model: String) throws(CheckpointError) {
        let (folder, _) = try Self.names(of: model)
        for file in files {
            let state = try File.state(of: file.name, in: folder)
            guard state.byteCount == file.byteCount, state.changed == file.changed else {
                throw CheckpointError(
                    .file, "\(folder)/\(file.name): has changed while it was read")
            }
        }
    }
}

extension SourceFiles.File {
    /// Reads and hashes a file.
    fileprivate init(reading name: String, in folder: String) throws(CheckpointError) {
        let state = try Self.state(of: name, in: folder)
        let file = try RegularFile(opening: Self.path(of: name, in: folder))
        self = state
        hash = try file.hash()
    }

    /// A file's size and time; of what a link stands for.
    fileprivate static func state(
        of name: String, in folder: String
    ) throws(CheckpointError) -> SourceFiles.File {
        let path = path(of: name, in: folder)
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw CheckpointError(.file, "\(path): cannot be opened: \(systemErrorText())")
        }
        #if canImport(Darwin)
        let time = status.st_mtimespec
        #else
        let time = status.st_mtim
        #endif
        return SourceFiles.File(
            name: name, byteCount: Int(status.st_size),
            changed: Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec), hash: 0)
    }

    private static func path(of name: String, in folder: String) -> String {
        folder.isEmpty ? name : folder == "/" ? "/\(name)" : "\(folder)/\(name)"
    }
}

extension RegularFile {
    /// XXH64 of the whole file, read piece by piece.
    fileprivate func hash() throws(CheckpointError) -> UInt64 {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 64)
        defer { room.deallocate() }
        var hash = XXH64()
        var done = 0
        while byteCount - done >= room.count {
            try read(at: done, into: room)
            hash.update(UnsafeRawBufferPointer(room))
            done += room.count
        }
        let rest = UnsafeMutableRawBufferPointer(rebasing: room[..<(byteCount - done)])
        try read(at: done, into: rest)
        return hash.finish(UnsafeRawBufferPointer(rest))
    }
}

// MARK: - In a packed file's directory

extension SourceFiles {
    /// The files as JSON.
    var json: JSONValue {
        .object([
            "files": .array(
                files.map { file in
                    .object([
                        "name": .string(file.name), "bytes": .integer(file.byteCount),
                        "changed": .integer(file.changed), "hash": .hash(file.hash),
                    ])
                })
        ])
    }

    /// Reads the files of a directory.
    init(_ reader: DirectoryReader) throws(CheckpointError) {
        files = []
        for reader in try reader.objects("files", limit: 100_000) {
            files.append(
                File(
                    name: try reader.string("name"),
                    byteCount: try reader.integer("bytes", in: 0...Int.max),
                    changed: try reader.integer("changed", in: Int.min...Int.max),
                    hash: try reader.hash("hash")))
        }
    }
}
