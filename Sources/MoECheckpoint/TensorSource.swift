public import MoE

/// Where a checkpoint's tensors come from, whatever container holds them.
public protocol TensorSource: Sendable {
    /// The names of all tensors, in no particular order.
    var names: [String] { get }

    /// Type, shape and place of a tensor, or nil if there is none of that name.
    func entry(_ name: String) -> TensorEntry?

    /// Type, shape and place of a tensor that must be there.
    ///
    /// Unlike `entry`, it can say why a tensor cannot be had: a shard that is missing, say.
    ///
    /// - Parameter name: the tensor.
    /// - Returns: its entry.
    /// - Throws: `tensor` if there is none of that name, `file` or `format` if what should hold it
    ///   cannot be opened.
    func locate(_ name: String) throws(CheckpointError) -> TensorEntry

    /// Reads a part of a tensor's bytes into memory.
    ///
    /// - Parameters:
    ///   - name: the tensor.
    ///   - byteRange: which bytes of it, within `0..<entry.byteCount`.
    ///   - destination: where they go; exactly as long as the range.
    /// - Throws: `tensor` if there is none of that name, `file` if the file cannot give the bytes.
    func read(
        _ name: String, bytes byteRange: Range<Int>, into destination: UnsafeMutableRawBufferPointer
    ) throws(CheckpointError)
}

/// What a container's header says of one tensor.
public struct TensorEntry: Sendable, Equatable {
    /// The type of the elements.
    public let type: ElementType
    /// The dimensions, slowest first.
    public let shape: [Int]
    /// How many bytes the tensor takes.
    public let byteCount: Int
    /// The file that holds it, as errors name it.
    public let file: String

    /// An entry of its parts.
    public init(type: ElementType, shape: [Int], byteCount: Int, file: String) {
        self.type = type
        self.shape = shape
        self.byteCount = byteCount
        self.file = file
    }
}

extension TensorSource {
    /// Type, shape and place of a tensor that must be there.
    ///
    /// - Parameter name: the tensor.
    /// - Returns: its entry.
    /// - Throws: `tensor` if there is none of that name.
    public func locate(_ name: String) throws(CheckpointError) -> TensorEntry {
        guard let entry = entry(name) else {
            throw CheckpointError(.tensor, "\(name.printable): no such tensor")
        }
        return entry
    }

    /// Reads a whole tensor.
    ///
    /// - Parameter name: the tensor.
    /// - Returns: its type, shape and bytes.
    /// - Throws: `tensor` if there is none of that name, `file` if the file cannot give the bytes.
    public func tensor(_ name: String) throws(CheckpointError) -> Tensor {
        let entry = try locate(name)
        let bytes = try [UInt8](count: entry.byteCount) { bytes throws(CheckpointError) in
            try read(
                name, bytes: 0..<entry.byteCount,
                into: UnsafeMutableRawBufferPointer(start: bytes, count: entry.byteCount))
        }
        do {
            return try Tensor(type: entry.type, shape: entry.shape, bytes: bytes)
        } catch {
            throw CheckpointError(.tensor, "\(entry.file): \(name): \(error.message)")
        }
    }
}
