/// Rows of one quantised matrix between the quantiser and its file: written some at a time, while
/// they are in a core's cache.
final class RowStage {
    /// How many bytes are written at once.
    static let byteCount = 1 << 18

    private var integers = UnsafeMutableBufferPointer<Int8>(start: nil, count: 0)
    private var scales: [Float] = []
    private var file: PlacedFile?
    private var offsets: [Int] = []
    private var columns = 0
    /// Rows in `integers`, and rows that are written.
    private var (held, written) = (0, 0)

    deinit {
        integers.deallocate()
    }

    /// Begins a matrix.
    ///
    /// - Parameters:
    ///   - rows: its output channels.
    ///   - columns: the elements of a channel.
    ///   - file: where it goes.
    ///   - offsets: the first byte of the integers, of the scales, and of the offsets if there are
    ///     any.
    func begin(rows: Int, columns: Int, in file: PlacedFile, at offsets: [Int]) {
        if integers.count < max(Self.byteCount, columns) {
            integers.deallocate()
            integers = .allocate(capacity: max(Self.byteCount, columns))
        }
        scales = []
        scales.reserveCapacity(rows)
        (self.file, self.offsets, self.columns, held, written) = (file, offsets, columns, 0, 0)
    }

    /// Adds a row.
    ///
    /// - Parameter quantize: writes the row's integers and gives its scale.
    /// - Throws: what `quantize` throws, and `file` if rows cannot be written.
    func add(
        _ quantize: (UnsafeMutablePointer<Int8>) throws(CheckpointError) -> Float
    ) throws(CheckpointError) {
        if (held + 1) * columns > integers.count { try flush() }
        guard let base = integers.baseAddress else { return }
        scales.append(try quantize(base + held * columns))
        held += 1
    }

    /// Writes what is left, then the scales, then an offset of 0 for each where there are offsets.
    func end() throws(CheckpointError) {
        try flush()
        let scales = scales
        try file?.write(scales.span.bytes, at: offsets[1])
        if offsets.count > 2 {
            let zeros = [Float](repeating: 0, count: scales.count)
            try file?.write(zeros.span.bytes, at: offsets[2])
        }
        file = nil
    }

    private func flush() throws(CheckpointError) {
        let rows = UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(integers)[..<(held * columns)])
        try file?.write(rows, at: offsets[0] + written * columns)
        written += held
        held = 0
    }
}
