internal import MoE

/// Weights of a GGUF file in blocks of 32: a binary16 scale, then 32 int8.
///
/// `w = q · d`. A GGUF file shows them as U8 of `[…, K / 32, 34]`. A channel whose blocks share
/// one scale is int8 as it is.
struct Q8Weights: WeightEncoding, ChannelDecoder {
    let storedShape: [Int]
    let companions: [String] = []

    var name: String { "Q8_0" }

    /// Elements of a block.
    static let blockSize = 32
    /// Bytes of a block.
    static let blockByteCount = 34

    /// Q8_0 weights of a matrix, or nil if it is of another type or of other blocks.
    init?(_ weight: StoredWeight) {
        guard weight.entry.type == .u8, weight.columns % Self.blockSize == 0,
            weight.entry.shape.suffix(2) == [weight.columns / Self.blockSize, Self.blockByteCount]
        else { return nil }
        storedShape = [weight.rows, weight.columns / Self.blockSize, Self.blockByteCount]
    }

    func decoder(from source: any TensorSource) -> any ChannelDecoder { self }

    func decode(
        _ channel: Int, _ stored: UnsafeRawBufferPointer,
        into floats: UnsafeMutableBufferPointer<Float>
    ) {
        for block in 0..<storedShape[1] {
            let first = block * Self.blockByteCount
            let scale = stored.half(at: first).widened
            for place in 0..<Self.blockSize {
                floats[block * Self.blockSize + place] =
                    Float(Int8(bitPattern: stored[first + 2 + place])) * scale
            }
        }
    }

    func copy(
        _ channel: Int, _ stored: UnsafeRawBufferPointer, into integers: UnsafeMutablePointer<Int8>
    ) -> Float? {
        let scale = stored.half(at: 0)
        guard scale.widened >= 0, scale.widened < .infinity else { return nil }
        for block in 1..<storedShape[1]
        where stored.half(at: block * Self.blockByteCount) != scale {
            return nil
        }
        for block in 0..<storedShape[1] {
            let first = block * Self.blockByteCount + 2
            UnsafeMutableRawBufferPointer(
                start: integers + block * Self.blockSize, count: Self.blockSize
            ).copyBytes(from: stored[first..<first + Self.blockSize])
        }
        return scale.widened
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func half(at offset: Int) -> Half {
        Half(bitPattern: UInt16(self[offset]) | UInt16(self[offset + 1]) << 8)
    }
}
