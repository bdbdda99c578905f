internal import MoE

/// MXFP4 as a GGUF file has it, in blocks of 32: a scale, then 16 bytes of two codes.
///
/// `w = E2M1(code) · 2^(scale - 127)`, exact in float32. The low halves of the bytes are the first
/// 16 elements, the high ones the others; a GGUF file shows them as U8 of `[…, K / 32, 17]`.
struct GGUFFP4Weights: WeightEncoding, ChannelDecoder {
    let storedShape: [Int]
    let companions: [String] = []
    private let form: MXFP4Form
    private let scales = SmallFloat.e8m0.values
    private let values = SmallFloat.e2m1.values

    var name: String { "MXFP4" }

    /// Elements of a block.
    private static let blockSize = 32
    /// Bytes of a block.
    private static let blockByteCount = 17

    /// MXFP4 weights of a matrix, or nil if it is of another type or of other blocks.
    init?(_ weight: StoredWeight) {
        guard weight.entry.type == .u8, weight.columns % Self.blockSize == 0,
            weight.entry.shape.suffix(2) == [weight.columns / Self.blockSize, Self.blockByteCount]
        else { return nil }
        storedShape = [weight.rows, weight.columns / Self.blockSize, Self.blockByteCount]
        form = weight.layer.format.mxfp4
    }

    func decoder(from source: any TensorSource) -> any ChannelDecoder { self }

    func copy(
        _ channel: Int, _ stored: UnsafeRawBufferPointer, into integers: UnsafeMutablePointer<Int8>
    ) -> Float? {
        guard form == .exact else { return nil }
        let half = Self.blockSize / 2
        return E2M1Channel(blocks: storedShape[1], blockSize: Self.blockSize).integers(
            into: integers
        ) {
            scales[Int(stored[$0 * Self.blockByteCount])]
        } code: { block, element in
            let byte = stored[block * Self.blockByteCount + 1 + element % half]
            return Int(byte) >> (element / half * 4) & 15
        }
    }

    func decode(
        _ channel: Int, _ stored: UnsafeRawBufferPointer,
        into floats: UnsafeMutableBufferPointer<Float>
    ) {
        let half = Self.blockSize / 2
        for block in 0..<storedShape[1] {
            let first = block * Self.blockByteCount, place = block * Self.blockSize
            let scale = scales[Int(stored[first])]
            for byte in 0..<half {
                let codes = Int(stored[first + 1 + byte])
                floats[place + byte] = values[codes & 15] * scale
                floats[place + half + byte] = values[codes >> 4] * scale
            }
        }
    }
}
