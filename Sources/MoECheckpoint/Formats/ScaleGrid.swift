internal import MoE

/// The scales of a matrix: one for every block of its elements.
///
/// A block may be the whole matrix, an output channel, a group of a channel's elements or a tile;
/// blocks at the lower and the right edge may be partial.
struct ScaleGrid: Sendable {
    /// Where the scales are.
    let scales: Companion
    /// How many blocks lie beside each other.
    let columns: Int
    /// Output channels of a block.
    let blockRows: Int
    /// Elements of a channel in a block.
    let blockColumns: Int

    /// What types scales may have; `U8` holds the codes of E8M0.
    private static let types: [ElementType] = [.f32, .f16, .bf16, .f8e8m0, .u8]

    /// Finds out from a tensor's shape which block each scale is of.
    ///
    /// - Parameters:
    ///   - scales: the tensor.
    ///   - rows: output channels of the weight: N.
    ///   - depth: elements of a channel: K.
    ///   - blocks: what `[rows, columns]` a tile may be.
    /// - Throws: `tensor` for a type that is not one of scales, and for a shape that no division of
    ///   the matrix into blocks has.
    init(
        _ scales: Companion, rows: Int, depth: Int, blocks: [[Int]]
    ) throws(CheckpointError) {
        guard Self.types.contains(scales.entry.type) else {
            throw scales.refused(
                "type \(scales.entry.type.rawValue)", wanted: "F32, F16, BF16, F8_E8M0 or U8")
        }
        self.scales = scales
        // ModelOpt writes a tile's own two axes too, of length 1.
        var shape = scales.shape
        if shape.count == 4, shape[1] == 1, shape[3] == 1 { shape = [shape[0], shape[2]] }
        if shape.allSatisfy({ $0 == 1 }), shape.count <= 2 {
            (columns, blockRows, blockColumns) = (1, max(rows, 1), max(depth, 1))
        } else if shape == [rows] || shape == [rows, 1] {
            (columns, blockRows, blockColumns) = (1, 1, max(depth, 1))
        } else if let block = blocks.first(where: {
            shape == [rows.dividedUp(by: $0[0]), depth.dividedUp(by: $0[1])]
        }) {
            (columns, blockRows, blockColumns) = (shape[1], block[0], block[1])
        } else if shape.count == 2, shape[0] == rows, shape[1] > 0, depth % shape[1] == 0 {
            (columns, blockRows, blockColumns) = (shape[1], 1, depth / shape[1])
        } else {
            let tiles = blocks.map {
                "[\(rows.dividedUp(by: $0[0])), \(depth.dividedUp(by: $0[1]))]"
            }
            throw scales.refused(
                "shape \(scales.entry.shape)",
                wanted: (["[1]", "[\(rows)]", "[\(rows), 1]"] + tiles).uniqued.formatted
                    + " for a weight of [\(rows), \(depth)]")
        }
    }

    /// Reads the scales.
    ///
    /// - Parameter source: the checkpoint.
    /// - Returns: the scales, block row after block row.
    /// - Throws: `file` if the bytes cannot be had, `tensor` for a scale that is negative, NaN or
    ///   infinite.
    func values(from source: any TensorSource) throws(CheckpointError) -> [Float] {
        let values =
            if scales.entry.type == .u8 {
                try scales.bytes(from: source).map(SmallFloat.e8m0.value)
            } else {
                try scales.floats(from: source)
            }
        if let place = values.firstIndex(where: { !($0 >= 0 && $0 < .infinity) }) {
            throw scales.refused(
                "scale \(place) is \(values[place])", wanted: "finite scales that are not negative")
        }
        return values
    }

    /// The places of a channel's scales among those that ``values(from:)`` gives.
    func places(ofChannel channel: Int) -> Range<Int> {
        let first = channel / blockRows * columns
        return first..<first + columns
    }
}

extension Int {
    /// The quotient, rounded up; 0 by nothing.
    func dividedUp(by divisor: Int) -> Int {
        divisor > 0 ? (self + divisor - 1) / divisor : 0
    }
}
