public import MoE
public import MoECheckpoint

/// A checkpoint that is a dictionary: what tests read in place of a file.
public struct InMemoryTensors: TensorSource {
    private let tensors: [String: Tensor]

    /// A source of given tensors.
    public init(_ tensors: [String: Tensor]) {
        self.tensors = tensors
    }

    /// The dictionary's keys.
    public var names: [String] { Array(tensors.keys) }

    /// Type and shape of a tensor.
    public func entry(_ name: String) -> TensorEntry? {
        tensors[name].map {
            TensorEntry(type: $0.type, shape: $0.shape, byteCount: $0.bytes.count, file: "memory")
        }
    }

    /// Copies a part of a tensor's bytes.
    public func read(
        _ name: String, bytes byteRange: Range<Int>, into destination: UnsafeMutableRawBufferPointer
    ) throws(CheckpointError) {
        guard let tensor = tensors[name] else {
            throw CheckpointError(.tensor, "memory: \(name): no such tensor")
        }
        guard tensor.bytes.indices.contains(byteRange), destination.count == byteRange.count else {
            throw CheckpointError(
                .file, "memory: \(name): bytes \(byteRange) are not in the tensor")
        }
        destination.copyBytes(from: tensor.bytes[byteRange])
    }
}

extension Range<Int> {
    fileprivate func contains(_ other: Range<Int>) -> Bool { other.clamped(to: self) == other }
}
