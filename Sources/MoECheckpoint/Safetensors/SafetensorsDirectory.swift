internal import MoE

/// The tensors of a model's folder, in one safetensors file or in shards.
///
/// Taken is, in this order: `model.safetensors`; what `model.safetensors.index.json` lists; what
/// the folder's only other `*.safetensors.index.json` lists; all `*.safetensors` files, if no two
/// of them have a tensor of the same name. Tensors that a shard holds and the index does not name
/// do not exist. Shards of an index are opened when they are first asked for.
public struct SafetensorsDirectory: TensorSource, NumberedTensors {
    /// The folder's path.
    public let path: String
    /// The names of all tensors; of a shard that cannot be opened too.
    public var names: [String] { table.names }
    /// The files that hold them, by name, in the order of the index.
    public let files: [String]
    /// The index's path, or nil if there is none.
    private let indexPath: String?
    private let shards: [Shard]
    /// The names of all tensors.
    let table: NameTable
    /// The place in `shards` of every tensor, in the same order.
    private let places: [Int32]

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
        table = index.names
        places = index.shards
        files = index.files
        indexPath = folder.path(of: name)
        shards = index.files.map { Shard(path: folder.path(of: $0)) }
    }

    private init(_ folder: Folder, files: [String]) throws(CheckpointError) {
        var table = NameTable()
        var places: [Int32] = []
        var shards: [Shard] = []
        for name in files {
            let file = try SafetensorsFile(opening: folder.path(of: name))
            for tensor in 0..<file.header.names.count {
                guard file.header.names.withBytes(of: tensor, { table.insert($0) }) == nil else {
                    continue
                }
                let tensor = file.header.names[tensor]
                let other = table.place(of: tensor).map { files[Int(places[$0])] } ?? ""
                throw CheckpointError(
                    .format,
                    "\(folder.path): tensor \"\(tensor.printable)\" is in \(other) and in \(name), and no index decides"
                )
            }
            places += repeatElement(Int32(shards.count), count: file.header.names.count)
            shards.append(Shard(file))
        }
        path = folder.path
        self.table = table
        self.places = places
        self.files = files
        self.shards = shards
        indexPath = nil
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

    /// Type, shape and place of the tensor at a place of ``table``, or nil if it cannot be had.
    func entry(at place: Int) -> TensorEntry? {
        guard let file = try? shards[Int(places[place])].file() else { return nil }
        return table.withBytes(of: place) { file.entry($0) }
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

    /// Opens all shards, as many at a time as there are processors, for who is about to ask for all.
    ///
    /// One that cannot be opened says so when it is asked for.
    func openShards() {
        WorkerPool.shared.run(
            tiles: shards.count, threads: WorkerPool.threadCount(nil)
        ) { shard, _ in _ = try? shards[shard].file() }
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
        guard let file = shardPlace(of: name), let shard = try? shards[file].file(),
            let offset = shard.offset(of: name)
        else { return (.max, 0) }
        return (file, offset)
    }

    /// The place in `shards` of the one that holds a tensor.
    private func shardPlace(of name: String) -> Int? {
        table.place(of: name).map { Int(places[$0]) }
    }

    private func shard(of name: String) throws(CheckpointError) -> SafetensorsFile {
        guard let place = shardPlace(of: name) else {
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
