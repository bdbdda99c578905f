internal import MoE

/// Weights stored as int8 with scales: compressed-tensors, msmodelslim, `w8a8_int8`, blocks.
///
/// `w = (q - zero) · scale`. A channel whose elements share one scale and have no zero point is
/// what the product computes with, and goes through bit by bit; -128 may occur.
struct Int8Weights: WeightEncoding {
    let storedShape: [Int]
    let companions: [String]
    let note: String?
    private let grid: ScaleGrid
    private let zeroPoints: Companion?

    var isInt8PerChannel: Bool { grid.columns == 1 }
    var name: String { grid.scales.name.hasSuffix("_inv") ? "int8 in blocks" : "int8" }

    /// int8 weights of a matrix.
    ///
    /// - Parameter weight: the matrix, and what is stored beside it.
    /// - Throws: `tensor` without scales, and for companions of another type or shape.
    init(_ weight: StoredWeight) throws(CheckpointError) {
        storedShape = [weight.rows, weight.columns]
        grid = try weight.scaleGrid(required: "int8")
        // msmodelslim calls the zero point an offset.
        zeroPoints = try weight.companion(weight.names(["zero_point", "offset"]))
        if let zeroPoints {
            let type = zeroPoints.entry.type
            guard [.i8, .f32, .f16, .bf16].contains(type) else {
                throw zeroPoints.refused("type \(type.rawValue)", wanted: "I8, F32, F16 or BF16")
            }
            guard zeroPoints.shape == grid.scales.shape else {
                throw zeroPoints.refused(
                    "shape \(zeroPoints.entry.shape)",
                    wanted: "that of \(grid.scales.name), \(grid.scales.entry.shape)")
            }
        }
        let unread = weight.unreadCompanions
        companions = [grid.scales.name] + [zeroPoints?.name].compactMap(\.self) + unread.names
        note = unread.note
    }

    func decoder(from source: any TensorSource) throws(CheckpointError) -> any ChannelDecoder {
        let zeros = try zeroPoints?.floats(from: source) ?? []
        if let zeroPoints, let place = zeros.firstIndex(where: { $0 != 0 }) {
            guard zeroPoints.name.hasSuffix("zero_point") else {
                throw zeroPoints.refused(
                    "offset \(place) is \(zeros[place])",
                    wanted: "0: asymmetric weights are not supported")
            }
            return Decoder(grid: grid, scales: try grid.values(from: source), zeros: zeros)
        }
        return Decoder(grid: grid, scales: try grid.values(from: source), zeros: [])
    }

    private struct Decoder: ChannelDecoder {
        let grid: ScaleGrid
        let scales: [Float]
        /// As many as scales, or none.
        let zeros: [Float]

        func decode(
            _ channel: Int, _ stored: UnsafeRawBufferPointer,
            into floats: UnsafeMutableBufferPointer<Float>
        ) {
            for (block, place) in grid.places(ofChannel: channel).enumerated() {
                let (scale, zero) = (scales[place], zeros.isEmpty ? 0 : zeros[place])
                let first = block * grid.blockColumns
                for column in first..<min(first + grid.blockColumns, floats.count) {
                    floats[column] = (Float(Int8(bitPattern: stored[column])) - zero) * scale
                }
            }
        }

        func copy(
            _ channel: Int, _ stored: UnsafeRawBufferPointer,
            into integers: UnsafeMutablePointer<Int8>
        ) -> Float? {
            let places = grid.places(ofChannel: channel)
            let scale = scales[places.lowerBound]
            guard scales[places].allSatisfy({ $0 == scale }),
                zeros.isEmpty || zeros[places].allSatisfy({ $0 == 0 })
            else { return nil }
            UnsafeMutableRawBufferPointer(start: integers, count: stored.count)
                .copyMemory(from: stored)
            return scale
        }
    }
}
