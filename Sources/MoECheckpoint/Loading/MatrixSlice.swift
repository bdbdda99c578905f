internal import MoE

/// One expert's part of a tensor: `rows` output channels of `columns` elements.
struct MatrixSlice: Sendable {
    /// The tensor's full name.
    let name: String
    /// Type, shape and file of the tensor.
    let entry: TensorEntry
    /// The expert whose part it is; nil for a tensor of one expert or of none.
    let expert: Int?
    /// The element of the tensor at which the part begins.
    let firstElement: Int
    /// Output channels: N.
    let rows: Int
    /// Elements of an output channel: K.
    let columns: Int
    /// Whether the part is `[N, K]` or `[K, N]`.
    let storage: ExpertTensor.Storage

    /// Finds an expert's part of a tensor and checks type and shape of the whole.
    ///
    /// - Parameters:
    ///   - tensor: how the family stores the projection.
    ///   - name: the tensor's full name.
    ///   - expert: whose part, and of how many experts.
    ///   - shape: what one expert's part must be as `[N, K]`, or `[N]` for a bias; its elements
    ///     times the number of experts fit `Int`.
    ///   - source: the checkpoint.
    /// - Throws: `tensor` for a tensor that is missing or of another shape, `unsupported` for a
    ///   type that is no 16- or 32-bit float.
    init(
        _ tensor: ExpertTensor, name: String, expert: ExpertPlace, shape: [Int],
        in source: any TensorSource
    ) throws(CheckpointError) {
        let rows = shape[0]
        let columns = shape.dropFirst().first ?? 1
        let all = tensor.shape(expertCount: expert.count + expert.identityCount, part: shape)
        let isPadded = source.entry(name)?.shape == all
        self.name = name
        self.entry = try source.weightEntry(
            name,
            shape: isPadded ? all : tensor.shape(expertCount: expert.count, part: shape))
        self.expert = tensor.packing == .alone ? nil : expert.index
        self.firstElement = (self.expert ?? 0) * rows * columns
        self.rows = rows
        self.columns = columns
        self.storage = tensor.storage
    }

    /// A tensor that is one matrix, or one vector as a matrix of single columns.
    init(
        name: String, shape: [Int], storage: ExpertTensor.Storage = .outputMajor,
        in source: any TensorSource
    ) throws(CheckpointError) {
        try self.init(
            ExpertTensor(name: name, storage: storage), name: name, expert: ExpertPlace(0, of: 1),
            shape: shape, in: source)
    }

    /// Bytes of one element.
    var elementSize: Int { entry.type.bitWidth / 8 }
}

extension TensorSource {
    /// The entry of a float weight whose shape is known.
    ///
    /// - Parameters:
    ///   - name: the tensor.
    ///   - shape: what it must be.
    /// - Returns: the entry, whose bytes are exactly such a tensor.
    /// - Throws: `tensor` for a tensor that is missing or of another shape, `unsupported` for a
    ///   type that is no 16- or 32-bit float, `file` or `format` for a shard that cannot be opened.
    func weightEntry(_ name: String, shape: [Int]) throws(CheckpointError) -> TensorEntry {
        let entry = try locate(name)
        guard [.f32, .f16, .bf16].contains(entry.type) else {
            throw CheckpointError(
                .unsupported,
                "\(entry.file): \(name): type \(entry.type.rawValue), wanted BF16, "
                    + "F16 or F32: quantised weights are not supported")
        }
        guard entry.shape == shape else {
            throw CheckpointError(
                .tensor,
                "\(entry.file): \(name): shape \(entry.shape), wanted \(shape) "
                    + "by the configuration")
        }
        guard entry.byteCount == Tensor.byteCount(type: entry.type, shape: shape) else {
            throw CheckpointError(
                .tensor,
                "\(entry.file): \(name): \(entry.byteCount) bytes, which is not "
                    + "\(entry.type.rawValue) \(shape)")
        }
        return entry
    }
}
