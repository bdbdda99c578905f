internal import MoE

/// Weights stored as MXFP4: two 4-bit floats a byte, the even one low, 32 of them with one scale.
///
/// `w = E2M1(code) · 2^(scale - 127)`, exact in float32. gpt-oss calls them blocks, compressed-
/// tensors packed; DeepSeek-V4 stores them as I8 of half as many columns.
struct FP4Weights: WeightEncoding {
    let storedShape: [Int]
    let companions: [String]
    let note: String?
    private let grid: ScaleGrid
    private let form: MXFP4Form

    /// Elements that share a scale.
    private static let blockSize = 32

    var name: String { "MXFP4" }

    /// MXFP4 weights of a matrix.
    ///
    /// - Parameters:
    ///   - weight: the matrix, and what is stored beside it.
    ///   - scale: the names its scales may have.
    /// - Throws: `tensor` without scales, for a depth that 32 does not divide, and for scales of
    ///   another type or shape.
    init(_ weight: StoredWeight, scale: [String]) throws(CheckpointError) {
        let (rows, depth) = (weight.rows, weight.columns)
        guard depth % Self.blockSize == 0 else {
            throw weight.refused("\(depth) columns", wanted: "a multiple of \(Self.blockSize)")
        }
        let blocks = depth / Self.blockSize
        let isBlocked = weight.tensor.name.hasSuffix(WeightSpelling.blocks.suffix)
        storedShape = isBlocked ? [rows, blocks, Self.blockSize / 2] : [rows, depth / 2]
        guard let scales = try weight.companion(scale) else {
            throw weight.refused("no scales", wanted: "MXFP4's, \(scale.formatted)")
        }
        guard [.u8, .f8e8m0].contains(scales.entry.type) else {
            throw scales.refused("type \(scales.entry.type.rawValue)", wanted: "U8 or F8_E8M0")
        }
        guard scales.shape == [rows, blocks] else {
            throw scales.refused(
                "shape \(scales.entry.shape)",
                wanted: "[\(rows), \(blocks)] for an expert's weight of [\(rows), \(depth)]")
        }
        grid = try ScaleGrid(scales, rows: rows, depth: depth, blocks: [[1, Self.blockSize]])
        form = weight.layer.format.mxfp4
        let unread = weight.unreadCompanions
        companions = [scales.name] + unread.names
        note = unread.note
    }

    func decoder(from source: any TensorSource) throws(CheckpointError) -> any ChannelDecoder {
        Decoder(
            grid: grid, scales: try grid.values(from: source), values: SmallFloat.e2m1.values,
            form: form)
    }

    private struct Decoder: ChannelDecoder {
        let grid: ScaleGrid
        let scales: [Float]
        /// What every code stands for.
        let values: [Float]
        let form: MXFP4Form

        func copy(
            _ channel: Int, _ stored: UnsafeRawBufferPointer,
            into integers: UnsafeMutablePointer<Int8>
        ) -> Float? {
            guard form == .exact else { return nil }
            let places = Array(grid.places(ofChannel: channel)), size = grid.blockColumns
            return E2M1Channel(blocks: places.count, blockSize: size).integers(into: integers) {
                scales[places[$0]]
            } code: { block, element in
                Int(stored[(block * size + element) / 2]) >> (element % 2 * 4) & 15
            }
        }

        func decode(
            _ channel: Int, _ stored: UnsafeRawBufferPointer,
            into floats: UnsafeMutableBufferPointer<Float>
        ) {
            values.withUnsafeBufferPointer { values in
                for (block, place) in grid.places(ofChannel: channel).enumerated() {
                    let scale = scales[place]
                    let first = block * grid.blockColumns / 2
                    for byte in first..<first + grid.blockColumns / 2 {
                        let codes = Int(stored[byte])
                        floats[2 * byte] = values[codes & 15] * scale
                        floats[2 * byte + 1] = values[codes >> 4] * scale
                    }
                }
            }
        }
    }
}
