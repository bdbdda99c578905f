/// The tensors of a model's folder, in one safetensors file or in shards.
///
/// Taken is, in this order: `model.safetensors`; what `model.safetensors.index.json` lists; what
/// the folder's only other `*.safetensors.index.json` lists; all `*.safetensors` files, if no two
/// of them have a tensor of the same name. Tensors that a shard holds and the index does not name
/// do not exist. Shards of an index are opened when they are first asked for.
public struct SafetensorsDirectory: TensorSource {
    /// The folder's path.
    public let path: String
    /// The names of all tensors; of a shard that cannot be opened too.
    public let names: [String]
    /// The files that hold them, by name, in the order of the index.
    public let files: [String]
    /// The index's path, or nil if there is none.
    private let indexPath: String?
    private let shards: [Shard]
    /// Tensor to place in `shards`.
    private let place: @Sendable (String) -> Int?

    /// Finds a folder's tensors.
    ///
    /// - Parameter path: the folder.
    /// - Throws: `file` if there is no such folder or it holds no safetensors file, `format` if a
    ///   file or the index is not valid.
    public init(opening path: String) throws(CheckpointError) {
        let folder = try Folder(opening: path)
        if folder.names.contains("model.safetensors") {
            try self.init(folder, files: ["model.safetensors"])
        } else if let index = try Self.indexName(in: folder) {
            try self.init(folder, index: ShardIndex(opening: folder.path(of: index)), name: index)
        } else {
            let files = folder.names.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }
            guard !files.isEmpty else {
                throw CheckpointError(.file, "\(folder.path): no safetensors file")
            }
            try self.init(folder, files: files)
        }
    }

    private init(_ folder: Folder, index: ShardIndex, name: String) {
        path = folder.path
        names = index.names
        files = index.files
        indexPath = folder.path(of: name)
        shards = index.files.map { Shard(path: folder.path(of: $0)) }
        place = { index[$0] }
    }

    private init(_ folder: Folder, files: [String]) throws(CheckpointError) {
        var names: [String] = []
        var shards: [Shard] = []
        var places: [String: Int] = [:]
        for name in files {
            let file = try SafetensorsFile(opening: folder.path(of: name))
            for tensor in file.names {
                if let other = places.updateValue(shards.count, forKey: tensor) {
                    throw CheckpointError(
                        .format,
                        "\(folder.path): tensor \"\(tensor.printable)\" is in \(files[other]) and in \(name), and no index decides"
                    )
                }
                names.append(tensor)
            }
            shards.append(Shard(file))
        }
        path = folder.path
        self.names = names
        self.files = files
        self.shards = shards
        indexPath = nil
        place = { [places] in places[$0] }
    }

    private static func indexName(in folder: Folder) throws(CheckpointError) -> String? {
        let names = folder.names.filter { $0.hasSuffix(".safetensors.index.json") }
        if names.contains("model.safetensors.index.json") { return "model.safetensors.index.json" }
        guard names.count < 2 else {
            throw CheckpointError(
                .file, "\(folder.path): \(names[0]) and \(names[1]), wanted one index")
        }
        return names.first
    }

    // MARK: - Reading

    /// Type, shape and place of a tensor, or nil if there is none of that name or it cannot be had.
    public func entry(_ name: String) -> TensorEntry? {
        try? locate(name)
    }

    /// Type, shape and place of a tensor.
    ///
    /// - Parameter name: the tensor.
    /// - Returns: its entry.
    /// - Throws: `tensor` if there is none of that name, or its shard lacks it; `file` or `format`
    ///   if its shard cannot be opened.
    public func locate(_ name: String) throws(CheckpointError) -> TensorEntry {
        let file = try shard(of: name)
        guard let entry = file.entry(name) else {
            throw CheckpointError(
                .tensor,
                "\(indexPath ?? path): tensor \"\(name.printable)\" is mapped to \(file.path), which lacks it"
            )
        }
        return entry
    }

    /// Reads a part of a tensor's bytes into memory.
    ///
    /// - Parameters:
    ///   - name: the tensor.
    ///   - byteRange: which bytes of it, within `0..<entry.byteCount`.
    ///   - destination: where they go; exactly as long as the range.
    /// - Throws: `tensor` if there is none of that name or its shard lacks it, `file` or `format` if
    ///   the shard cannot be opened or cannot give the bytes.
    public func read(
        _ name: String, bytes byteRange: Range<Int>, into destination: UnsafeMutableRawBufferPointer
    ) throws(CheckpointError) {
        _ = try locate(name)
        try shard(of: name).read(name, bytes: byteRange, into: destination)
    }

    /// Opens every shard and finds every tensor in it.
    ///
    /// - Throws: what `locate` throws for the first tensor that cannot be had.
    public func verify() throws(CheckpointError) {
        for name in names { _ = try locate(name) }
    }

    /// Where a tensor's bytes lie: the place of its file in ``files``, and the first of them there;
    /// a tensor that cannot be had lies behind all others.
    func place(of name: String) -> (file: Int, offset: Int) {
        guard let file = place(name), let shard = try? shards[file].file(),
            let offset = shard.offset(of: name)
        else { return (.max, 0) }
        return (file, offset)
    }

    private func shard(of name: String) throws(CheckpointError) -> SafetensorsFile {
        guard let place = place(name) else {
            throw CheckpointError(
                .tensor, "\(indexPath ?? path): \"\(name.printable)\": no such tensor")
        }
        do {
            return try shards[place].file()
        } catch {
            guard let indexPath else { throw error }
            throw CheckpointError(
                error.code,
                "\(error.message) (tensor \"\(name.printable)\" of \(indexPath))")
        }
    }
}
