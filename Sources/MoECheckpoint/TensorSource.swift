public import MoE

/// Where a checkpoint's tensors come from, whatever container holds them.
public protocol TensorSource: Sendable {
    /// The names of all tensors, in no particular order.
    var names: [String] { get }

    /// Type, shape and place of a tensor, or nil if there is none of that name.
    func entry(_ name: String) -> TensorEntry?

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
    /// Reads a whole tensor.
    ///
    /// - Parameter name: the tensor.
    /// - Throws: `tensor` if there is none of that name, `file` if the file cannot give the bytes.
    public func tensor(_ name: String) throws(CheckpointError) -> Tensor {
        guard let entry = entry(name) else {
            throw CheckpointError(.tensor, "\(name): no such tensor")
        }
        var failure: CheckpointError?
        let bytes = [UInt8](unsafeUninitializedCapacity: entry.byteCount) { buffer, initialized in
            do throws(CheckpointError) {
                try read(
                    name, bytes: 0..<entry.byteCount,
                    into: UnsafeMutableRawBufferPointer(
                        start: buffer.baseAddress, count: entry.byteCount))
                initialized = entry.byteCount
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        do {
            return try Tensor(type: entry.type, shape: entry.shape, bytes: bytes)
        } catch {
            throw CheckpointError(.tensor, "\(entry.file): \(name): \(error.message)")
        }
    }
}
