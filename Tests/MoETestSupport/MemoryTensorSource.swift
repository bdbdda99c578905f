public import MoE
public import MoECheckpoint

/// Tensors in memory, as a checkpoint would hold them in files.
public struct MemoryTensorSource: TensorSource {
    /// The tensors by name; tests change them to break a checkpoint.
    public var tensors: [String: Tensor]
    /// The file of every tensor whose name it is the key of; the others are in `model.safetensors`.
    public var files: [String: String] = [:]

    /// A source of some tensors.
    public init(_ tensors: [String: Tensor] = [:]) {
        self.tensors = tensors
    }

    /// The names of all tensors, in no particular order.
    public var names: [String] { Array(tensors.keys) }

    /// Type, shape and place of a tensor, or nil if there is none of that name.
    public func entry(_ name: String) -> TensorEntry? {
        tensors[name].map {
            TensorEntry(
                type: $0.type, shape: $0.shape, byteCount: $0.bytes.count,
                file: files[name] ?? "model.safetensors")
        }
    }

    /// Copies a part of a tensor's bytes.
    ///
    /// - Parameters:
    ///   - name: the tensor.
    ///   - byteRange: which bytes of it.
    ///   - destination: where they go.
    /// - Throws: `tensor` if there is none of that name, `file` for bytes it does not have.
    public func read(
        _ name: String, bytes byteRange: Range<Int>, into destination: UnsafeMutableRawBufferPointer
    ) throws(CheckpointError) {
        guard let tensor = tensors[name] else {
            throw CheckpointError(.tensor, "\(name): no such tensor")
        }
        guard byteRange.upperBound <= tensor.bytes.count, byteRange.count == destination.count
        else { throw CheckpointError(.file, "\(name): no bytes \(byteRange)") }
        destination.copyBytes(from: tensor.bytes[byteRange])
    }
}
