internal import MoE

/// Weights stored as BF16, F16 or F32, which widen exactly.
struct FloatWeights: WeightEncoding, ChannelDecoder {
    let type: ElementType
    let storedShape: [Int]
    let companions: [String] = []

    var name: String { "float" }
    var isQuantized: Bool { false }
    var unitSize: Int { type.bitWidth / 8 }

    /// Weights of a type, or nil for one that is no float of 16 or 32 bits.
    init?(_ type: ElementType, shape: [Int]) {
        guard [.f32, .f16, .bf16].contains(type) else { return nil }
        self.type = type
        self.storedShape = shape
    }

    func decoder(from source: any TensorSource) -> any ChannelDecoder { self }

    func decode(
        _ channel: Int, _ stored: UnsafeRawBufferPointer,
        into floats: UnsafeMutableBufferPointer<Float>
    ) {
        type.widen(stored, into: floats)
    }
}

extension ElementType {
    /// Widens stored F32, F16 or BF16 elements exactly, as many as the bytes hold.
    ///
    /// - Parameters:
    ///   - stored: little-endian elements of this type, aligned to their size.
    ///   - floats: room for all of them.
    func widen(_ stored: UnsafeRawBufferPointer, into floats: UnsafeMutableBufferPointer<Float>) {
        switch self {
        case .bf16: widen(stored.assumingMemoryBound(to: BFloat16.self), into: floats)
        case .f16: widen(stored.assumingMemoryBound(to: Half.self), into: floats)
        default: _ = floats.update(fromContentsOf: stored.assumingMemoryBound(to: Float.self))
        }
    }

    private func widen<Stored: HalfPrecision>(
        _ stored: UnsafeBufferPointer<Stored>, into floats: UnsafeMutableBufferPointer<Float>
    ) {
        for index in stored.indices {
            floats[index] = stored[index].widened
        }
    }
}
