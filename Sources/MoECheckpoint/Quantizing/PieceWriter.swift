internal import MoE

/// Makes the tensors of a piece and writes them to their places: one thread's tools, used again for
/// every piece.
///
/// What it holds is bounded by one expert: where a format stores input channels first, the bytes
/// of one projection; else a few hundred kilobytes.
final class PieceWriter {
    private let source: any TensorSource
    private let meter: ProgressMeter
    private var reader: RowReader
    private var stages: [RowStage] = []
    private var bytes = UnsafeMutableRawBufferPointer.allocate(
        byteCount: RowStage.byteCount, alignment: 64)
    /// What quantising quantised weights anew has cost.
    private(set) var loss = RequantizationLoss("experts", format: "")

    /// A writer of what a checkpoint's tensors become.
    init(_ source: any TensorSource, meter: ProgressMeter) {
        self.source = source
        self.meter = meter
        reader = RowReader(source)
    }

    deinit {
        bytes.deallocate()
    }

    /// Makes a piece's tensors.
    ///
    /// - Parameters:
    ///   - piece: what to make.
    ///   - file: where it goes.
    ///   - offsets: the first byte of each tensor in the file.
    /// - Throws: `file` if bytes cannot be read or written, `tensor` for weights that are NaN or
    ///   infinite, what the meter's observer throws.
    func write(
        _ piece: OutputPiece, to file: PlacedFile, at offsets: [Int]
    ) throws(CheckpointError) {
        switch piece.work {
        case .copy: try copy(piece, to: file, at: offsets[0])
        case .quantize(let slice, let order): try quantize(slice, order, piece, file, offsets)
        case .divide(let slice, let order): try divide(slice, order, file, offsets)
        case .widen(let slice): try widen(slice, file, offsets[0])
        }
    }

    private func copy(
        _ piece: OutputPiece, to file: PlacedFile, at offset: Int
    ) throws(CheckpointError) {
        for first in stride(from: 0, to: piece.sourceByteCount, by: bytes.count) {
            let count = min(bytes.count, piece.sourceByteCount - first)
            let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
            try source.read(piece.source, bytes: first..<first + count, into: part)
            try file.write(UnsafeRawBufferPointer(part), at: offset + first)
            try meter.add(count)
        }
    }

    private func quantize(
        _ slice: MatrixSlice, _ order: ExpertForm.RowOrder, _ piece: OutputPiece,
        _ file: PlacedFile, _ offsets: [Int]
    ) throws(CheckpointError) {
        // A weight and what belongs to it, once or twice.
        let matrices = piece.quantizedCount
        let parts = offsets.count / matrices
        let rows = slice.rows / matrices
        while stages.count < matrices { stages.append(RowStage()) }
        for (index, stage) in stages.prefix(matrices).enumerated() {
            stage.begin(
                rows: rows, columns: slice.columns, in: file,
                at: Array(offsets[index * parts..<(index + 1) * parts]))
        }
        if slice.encoding.isQuantized { loss.format = slice.encoding.name }
        try reader.forEachChannel(of: slice) { channel throws(CheckpointError) in
            let stage = stages[order.matrix(ofRow: channel.index, rows: rows, of: matrices)]
            try stage.add { integers throws(CheckpointError) in
                if let scale = channel.copy(into: integers) { return scale }
                let floats = channel.floats
                guard let scale = WeightQuantizer.quantize(floats, into: integers) else {
                    throw slice.notFinite(row: channel.index)
                }
                if slice.encoding.isQuantized { loss.add(floats, as: integers, scale: scale) }
                return scale
            }
        }
        for stage in stages.prefix(matrices) { try stage.end() }
        try meter.add(slice.byteCount)
    }

    private func divide(
        _ slice: MatrixSlice, _ order: ExpertForm.RowOrder, _ file: PlacedFile, _ offsets: [Int]
    ) throws(CheckpointError) {
        let unit = slice.encoding.unitSize
        let rows = slice.rows / offsets.count
        var parts = [[UInt8]](repeating: [], count: offsets.count)
        let stored = try [UInt8](count: slice.byteCount) { stored throws(CheckpointError) in
            try source.read(
                slice.name, bytes: slice.firstByte..<slice.firstByte + slice.byteCount,
                into: UnsafeMutableRawBufferPointer(start: stored, count: slice.byteCount))
        }
        for row in 0..<slice.rows {
            parts[order.matrix(ofRow: row, rows: rows, of: offsets.count)] +=
                stored[row * unit..<(row + 1) * unit]
        }
        for (part, offset) in zip(parts, offsets) {
            try file.write(part.span.bytes, at: offset)
        }
        try meter.add(slice.byteCount)
    }

    private func widen(
        _ slice: MatrixSlice, _ file: PlacedFile, _ offset: Int
    ) throws(CheckpointError) {
        var row = [UInt16](repeating: 0, count: slice.columns)
        try reader.forEachChannel(of: slice) { channel throws(CheckpointError) in
            let floats = channel.floats
            guard let maximum = WeightQuantizer.finiteMagnitude(of: floats),
                maximum < 0x1.FFp127
            else { throw slice.notFinite(row: channel.index) }
            for (index, value) in floats.enumerated() {
                // To the nearest, ties to even.
                let bits = value.bitPattern
                row[index] = UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
            }
            try file.write(row.span.bytes, at: offset + channel.index * slice.columns * 2)
        }
        try meter.add(slice.byteCount)
    }
}

extension ExpertForm.RowOrder {
    /// Which of several matrices of as many rows a stored row belongs to.
    fileprivate func matrix(ofRow row: Int, rows: Int, of count: Int) -> Int {
        switch self {
        case .halves: row / max(rows, 1)
        case .interleaved: row % count
        }
    }
}
