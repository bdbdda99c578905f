/// A file of the new checkpoint: what is in it, and where.
struct OutputShard: Sendable {
    /// The file's name.
    let name: String
    /// The header with its length before it, as the file begins.
    let header: [UInt8]
    /// How many bytes the file has.
    let byteCount: Int
    /// The pieces of the plan that are in it.
    let pieces: Range<Int>
    /// The first bytes, counted from the beginning of the file, of every piece's tensors.
    let offsets: [[Int]]

    /// Cuts a checkpoint into files.
    ///
    /// - Parameters:
    ///   - pieces: the tensors in their order; those of one piece stay together.
    ///   - limit: how many bytes of tensors a file may have, unless one piece has more.
    ///   - format: the form of the new checkpoint.
    /// - Returns: the files.
    /// - Throws: `format` if a name or a header is none that a safetensors file can have.
    static func shards(
        of pieces: [OutputPiece], limit: Int, format: QuantizedFormat
    ) throws(CheckpointError) -> [OutputShard] {
        var ranges: [Range<Int>] = []
        var (first, size) = (0, 0)
        for (index, piece) in pieces.enumerated() {
            let byteCount = piece.byteCount
            if index > first, size + byteCount > limit {
                ranges.append(first..<index)
                (first, size) = (index, 0)
            }
            size += byteCount
        }
        ranges.append(first..<pieces.count)
        var shards: [OutputShard] = []
        for (index, range) in ranges.enumerated() {
            shards.append(
                try OutputShard(
                    pieces[range], name: format.fileName(index, of: ranges.count)))
        }
        return shards
    }

    private init(
        _ pieces: ArraySlice<OutputPiece>, name: String
    ) throws(CheckpointError) {
        let layout = try SafetensorsLayout(
            pieces.flatMap(\.tensors), metadata: ["format": "pt"], file: name)
        var offset = layout.bytes.count
        var places: [String: Int] = [:]
        places.reserveCapacity(layout.tensors.count)
        for (tensor, byteCount) in zip(layout.tensors, layout.byteCounts) {
            places[tensor.name] = offset
            offset += byteCount
        }
        self.name = name
        self.header = layout.bytes
        self.byteCount = offset
        self.pieces = pieces.indices
        // The layout has all of the tensors.
        self.offsets = pieces.map { $0.tensors.map { places[$0.name] ?? 0 } }
    }
}
