internal import MoE

/// One expert's part of a tensor: `rows` output channels of `columns` elements.
struct MatrixSlice: Sendable {
    /// The tensor's full name.
    let name: String
    /// Type, shape and file of the tensor.
    let entry: TensorEntry
    /// The expert whose part it is; nil for a tensor of one expert or of none.
    let expert: Int?
    /// Output channels: N.
    let rows: Int
    /// Elements of an output channel: K.
    let columns: Int
    /// Whether the part is `[N, K]` or `[K, N]`.
    let storage: ExpertTensor.Storage
    /// How the elements are written.
    let encoding: any WeightEncoding

    /// Finds an expert's matrix, in whatever form its elements are, and checks the whole tensor.
    ///
    /// - Parameters:
    ///   - tensor: how the projection is stored.
    ///   - expert: whose matrix, and of how many experts.
    ///   - shape: what one expert's matrix must be, `[N, K]`; its elements times the number of
    ///     experts fit `Int`.
    ///   - layer: the layer's tensors.
    /// - Throws: `tensor` for a tensor or its scales that are missing or of another shape,
    ///   `unsupported` for a type that is not read.
    init(
        _ tensor: ExpertTensor, expert: ExpertPlace, shape: [Int], in layer: LayerWeights
    ) throws(CheckpointError) {
        let name = try layer.tensors.fullName(of: tensor.name(expert: expert.index))
        let weight = StoredWeight(
            tensor: tensor, name: name, entry: try layer.source.locate(name), rows: shape[0],
            columns: shape[1], expert: expert, layer: layer)
        try self.init(
            tensor, weight.entry, name: name, expert: expert, shape: shape,
            encoding: weight.encoding())
    }

    /// Finds an expert's vector, as a matrix of single columns: a bias, which is always of floats.
    ///
    /// - Parameters:
    ///   - tensor: how the vectors are stored.
    ///   - expert: whose vector, and of how many experts.
    ///   - count: its elements.
    ///   - layer: the layer's tensors.
    /// - Throws: `tensor` for a tensor that is missing or of another shape, `unsupported` for a
    ///   type that is no 16- or 32-bit float.
    init(
        bias tensor: ExpertTensor, expert: ExpertPlace, count: Int, in layer: LayerWeights
    ) throws(CheckpointError) {
        try self.init(
            tensor, name: layer.tensors.fullName(of: tensor.name(expert: expert.index)),
            expert: expert, floats: [count], in: layer.source)
    }

    /// A tensor that is one matrix, or one vector as a matrix of single columns, of floats.
    init(
        name: String, shape: [Int], storage: ExpertTensor.Storage = .outputMajor,
        in source: any TensorSource
    ) throws(CheckpointError) {
        try self.init(
            ExpertTensor(name: name, storage: storage), name: name, expert: ExpertPlace(0, of: 1),
            floats: shape, in: source)
    }

    private init(
        _ tensor: ExpertTensor, name: String, expert: ExpertPlace, floats shape: [Int],
        in source: any TensorSource
    ) throws(CheckpointError) {
        let entry = try source.locate(name)
        guard let encoding = FloatWeights(entry.type, shape: shape) else {
            throw CheckpointError(
                .unsupported,
                "\(entry.file): \(name): type \(entry.type.rawValue), wanted BF16, F16 or F32")
        }
        try self.init(
            tensor, entry, name: name, expert: expert, shape: shape, encoding: encoding)
    }

    private init(
        _ tensor: ExpertTensor, _ entry: TensorEntry, name: String, expert: ExpertPlace,
        shape: [Int], encoding: any WeightEncoding
    ) throws(CheckpointError) {
        let part = encoding.storedShape
        let all = tensor.shape(expertCount: expert.count + expert.identityCount, part: part)
        let wanted =
            entry.shape == all ? all : tensor.shape(expertCount: expert.count, part: part)
        guard entry.shape == wanted else {
            throw CheckpointError(
                .tensor,
                "\(entry.file): \(name): shape \(entry.shape), wanted \(wanted) "
                    + "by the configuration")
        }
        guard entry.byteCount == Tensor.byteCount(type: entry.type, shape: wanted) else {
            throw CheckpointError(
                .tensor,
                "\(entry.file): \(name): \(entry.byteCount) bytes, which is not "
                    + "\(entry.type.rawValue) \(wanted)")
        }
        self.name = name
        self.entry = entry
        self.expert = tensor.packing == .alone ? nil : expert.index
        self.rows = shape[0]
        self.columns = shape.dropFirst().first ?? 1
        self.storage = tensor.storage
        self.encoding = encoding
    }

    /// The byte of the tensor at which the part begins.
    var firstByte: Int { (expert ?? 0) * rows * encoding.channelSize }
}
