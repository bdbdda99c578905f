internal import MoE

/// Reads the output channels of weights, widened to `Float`, one after the other.
///
/// Holds as many bytes of a file as one read takes and one row of floats, both reused.
struct RowReader: ~Copyable {
    private let source: any TensorSource
    private var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var floats = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)

    /// How many bytes of rows are read at once: what stays in a core's cache until it is widened.
    private static let chunkSize = 1 << 18
    /// How many rows a transposed tensor is widened by: a cache line of 16-bit elements.
    private static let tileHeight = 32

    /// A reader of a checkpoint's tensors.
    init(_ source: any TensorSource) {
        self.source = source
    }

    deinit {
        bytes.deallocate()
        floats.deallocate()
    }

    /// Hands every output channel of a weight to `body`, in order, with its index.
    ///
    /// - Parameters:
    ///   - slice: the weight.
    ///   - body: takes the row's index and its elements, which it may use only while it runs.
    /// - Throws: what reading throws, and what `body` throws.
    mutating func forEachRow(
        of slice: MatrixSlice,
        _ body: (Int, UnsafeBufferPointer<Float>) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        switch slice.storage {
        case .outputMajor: try forEachStoredRow(of: slice, body)
        case .inputMajor: try forEachColumn(of: slice, body)
        }
    }

    private mutating func forEachStoredRow(
        of slice: MatrixSlice,
        _ body: (Int, UnsafeBufferPointer<Float>) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        let rowSize = slice.columns * slice.elementSize
        let rowsAtOnce = max(1, Self.chunkSize / max(1, rowSize))
        reserveFloats(slice.columns)
        for first in stride(from: 0, to: slice.rows, by: rowsAtOnce) {
            let last = min(slice.rows, first + rowsAtOnce)
            try read(slice, elements: first * slice.columns..<last * slice.columns)
            for row in first..<last {
                let start = (row - first) * rowSize
                let stored = UnsafeRawBufferPointer(rebasing: bytes[start..<start + rowSize])
                slice.entry.type.widen(stored, into: floats)
                try body(row, UnsafeBufferPointer(rebasing: floats[..<slice.columns]))
            }
        }
    }

    /// Transposes in tiles of neighbouring output channels, after reading the expert at once.
    private mutating func forEachColumn(
        of slice: MatrixSlice,
        _ body: (Int, UnsafeBufferPointer<Float>) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        let (rows, columns) = (slice.rows, slice.columns)
        // Rows a power of two apart would fall into the same sets of the cache.
        let pitch = columns + 16
        reserveFloats((pitch + 1) * Self.tileHeight)
        try read(slice, elements: 0..<rows * columns)
        let line = UnsafeMutableBufferPointer(rebasing: floats[(pitch * Self.tileHeight)...])
        for first in stride(from: 0, to: rows, by: Self.tileHeight) {
            let height = min(Self.tileHeight, rows - first)
            for column in 0..<columns {
                let start = (column * rows + first) * slice.elementSize
                let end = start + height * slice.elementSize
                slice.entry.type.widen(
                    UnsafeRawBufferPointer(rebasing: bytes[start..<end]), into: line)
                for row in 0..<height {
                    floats[row * pitch + column] = line[row]
                }
            }
            for row in 0..<height {
                let start = row * pitch
                try body(
                    first + row, UnsafeBufferPointer(rebasing: floats[start..<start + columns]))
            }
        }
    }

    /// Reads elements of a slice to the beginning of `bytes`.
    private mutating func read(
        _ slice: MatrixSlice, elements: Range<Int>
    ) throws(CheckpointError) {
        let start = (slice.firstElement + elements.lowerBound) * slice.elementSize
        let count = elements.count * slice.elementSize
        if bytes.count < count {
            bytes.deallocate()
            bytes = .allocate(byteCount: count, alignment: 64)
        }
        try source.read(
            slice.name, bytes: start..<start + count,
            into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]))
    }

    private mutating func reserveFloats(_ count: Int) {
        if floats.count < count {
            floats.deallocate()
            floats = .allocate(capacity: count)
        }
    }
}

extension ElementType {
    /// Widens stored F32, F16 or BF16 elements exactly, as many as the bytes hold.
    ///
    /// - Parameters:
    ///   - stored: little-endian elements of this type.
    ///   - floats: room for all of them.
    fileprivate func widen(
        _ stored: UnsafeRawBufferPointer, into floats: UnsafeMutableBufferPointer<Float>
    ) {
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
