internal import MoE

/// Weights stored as 8-bit floats with scales: DeepSeek's blocks, compressed-tensors, ModelOpt.
///
/// `w = value(code) · scale`, the product rounded once to float32. `weight_scale_inv` is a factor
/// too, whatever its name says.
struct FP8Weights: WeightEncoding {
    let storedShape: [Int]
    let companions: [String]
    let note: String?
    private let kind: SmallFloat
    private let grid: ScaleGrid

    var name: String { "FP8" }

    /// FP8 weights of a matrix, or nil if it is of another type.
    ///
    /// - Parameter weight: the matrix, and what is stored beside it.
    /// - Throws: `tensor` without scales, and for scales of another type or shape.
    init?(_ weight: StoredWeight) throws(CheckpointError) {
        guard let kind = SmallFloat(weight.entry.type), weight.entry.type != .f8e8m0 else {
            return nil
        }
        self.kind = kind
        storedShape = [weight.rows, weight.columns]
        grid = try weight.scaleGrid(required: weight.entry.type.rawValue)
        let unread = weight.unreadCompanions
        companions = [grid.scales.name] + unread.names
        note = unread.note
    }

    func decoder(from source: any TensorSource) throws(CheckpointError) -> any ChannelDecoder {
        Decoder(grid: grid, scales: try grid.values(from: source), values: kind.values)
    }

    private struct Decoder: ChannelDecoder {
        let grid: ScaleGrid
        let scales: [Float]
        /// What every code stands for.
        let values: [Float]

        func decode(
            _ channel: Int, _ stored: UnsafeRawBufferPointer,
            into floats: UnsafeMutableBufferPointer<Float>
        ) {
            values.withUnsafeBufferPointer { values in
                for (block, place) in grid.places(ofChannel: channel).enumerated() {
                    let scale = scales[place]
                    let first = block * grid.blockColumns
                    for column in first..<min(first + grid.blockColumns, floats.count) {
                        floats[column] = values[Int(stored[column])] * scale
                    }
                }
            }
        }
    }
}
