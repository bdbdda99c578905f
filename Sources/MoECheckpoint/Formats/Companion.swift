internal import MoE

/// One expert's part of a tensor that belongs to a weight: its scales, its zero points.
struct Companion: Sendable {
    /// The tensor's full name.
    let name: String
    /// Type, shape and file of the tensor.
    let entry: TensorEntry
    /// The shape of one expert's part.
    let shape: [Int]
    /// The element at which that part begins.
    private let firstElement: Int

    /// Finds an expert's part of a tensor.
    ///
    /// - Parameters:
    ///   - name: the tensor's full name.
    ///   - expert: the entry of the first axis that is the expert's, and how long that axis is;
    ///     nil for a tensor of one expert.
    ///   - source: the checkpoint.
    /// - Throws: `tensor` for a tensor that is missing or whose first axis is not the experts'.
    init(
        _ name: String, expert: (index: Int, count: Int)?, in source: any TensorSource
    ) throws(CheckpointError) {
        self.name = name
        self.entry = try source.locate(name)
        guard entry.byteCount == Tensor.byteCount(type: entry.type, shape: entry.shape) else {
            throw CheckpointError(
                .tensor,
                "\(entry.file): \(name): \(entry.byteCount) bytes, which is not "
                    + "\(entry.type.rawValue) \(entry.shape)")
        }
        guard let expert else {
            (shape, firstElement) = (entry.shape, 0)
            return
        }
        guard entry.shape.first == expert.count else {
            throw CheckpointError(
                .tensor,
                "\(entry.file): \(name): shape \(entry.shape), wanted \(expert.count) experts "
                    + "in its first dimension")
        }
        shape = Array(entry.shape.dropFirst())
        // The product is a part of the tensor's own size, which fits.
        firstElement = expert.index * shape.reduce(1, *)
    }

    /// How many elements the part has.
    var count: Int { shape.reduce(1, *) }

    /// The error about what the tensor is.
    func refused(_ found: String, wanted: String) -> CheckpointError {
        CheckpointError(.tensor, "\(entry.file): \(name): \(found), wanted \(wanted)")
    }

    /// The part's elements, widened: floats, small floats, integers of 8 bits.
    ///
    /// - Parameter source: the checkpoint.
    /// - Returns: the elements, row-major.
    /// - Throws: `file` if the bytes cannot be had, `tensor` for another type.
    func floats(from source: any TensorSource) throws(CheckpointError) -> [Float] {
        let bytes = try bytes(from: source)
        return [Float](count: count) { floats in
            let floats = UnsafeMutableBufferPointer(start: floats, count: count)
            bytes.withUnsafeBytes { bytes in
                if let small = SmallFloat(entry.type) {
                    for (index, code) in bytes.enumerated() { floats[index] = small.value(code) }
                } else if entry.type == .i8 {
                    for (index, code) in bytes.enumerated() {
                        floats[index] = Float(Int8(bitPattern: code))
                    }
                } else {
                    entry.type.widen(bytes, into: floats)
                }
            }
        }
    }

    /// The part's bytes.
    ///
    /// - Parameter source: the checkpoint.
    /// - Returns: the elements as they are stored.
    /// - Throws: `file` if the bytes cannot be had.
    func bytes(from source: any TensorSource) throws(CheckpointError) -> [UInt8] {
        let size = entry.type.bitWidth / 8
        let start = firstElement * size
        return try [UInt8](count: count * size) { bytes throws(CheckpointError) in
            try source.read(
                name, bytes: start..<start + count * size,
                into: UnsafeMutableRawBufferPointer(start: bytes, count: count * size))
        }
    }

    /// The part's 32-bit integers.
    func integers(from source: any TensorSource) throws(CheckpointError) -> [Int32] {
        let bytes = try bytes(from: source)
        return [Int32](count: count) { integers in
            UnsafeMutableRawPointer(integers).copyMemory(
                from: bytes, byteCount: bytes.count)
        }
    }
}
