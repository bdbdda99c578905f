internal import MoE

/// Reads the output channels of weights one after the other.
///
/// Holds as many bytes of a file as one read takes and one channel of floats, both reused.
struct RowReader: ~Copyable {
    private let source: any TensorSource
    private var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    /// Output channels of a transposed tensor.
    private var tile = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var floats = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)

    /// How many bytes of rows are read at once: what stays in a core's cache until it is widened.
    private static let chunkSize = 1 << 18
    /// How many rows a transposed tensor is turned by: a cache line of 16-bit elements.
    private static let tileHeight = 32

    /// A reader of a checkpoint's tensors.
    init(_ source: any TensorSource) {
        self.source = source
    }

    deinit {
        bytes.deallocate()
        tile.deallocate()
        floats.deallocate()
    }

    /// Hands every output channel of a weight to `body`, in order.
    ///
    /// - Parameters:
    ///   - slice: the weight.
    ///   - body: takes the channel, which it may use only while it runs.
    /// - Throws: what reading throws, and what `body` throws.
    mutating func forEachChannel(
        of slice: MatrixSlice, _ body: (StoredChannel) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        let decoder = try slice.encoding.decoder(from: source)
        if floats.count < slice.columns {
            floats.deallocate()
            floats = .allocate(capacity: slice.columns)
        }
        let row = UnsafeMutableBufferPointer(rebasing: floats[..<slice.columns])
        let hand = { (index: Int, bytes: UnsafeRawBufferPointer) throws(CheckpointError) in
            try body(StoredChannel(index: index, bytes: bytes, decoder: decoder, room: row))
        }
        switch (slice.storage, slice.encoding.unitSize) {
        case (.outputMajor, _): try forEachStoredRow(of: slice, hand)
        case (.inputMajor, 1): try forEachColumn(of: slice, UInt8.self, hand)
        case (.inputMajor, 2): try forEachColumn(of: slice, UInt16.self, hand)
        case (.inputMajor, _): try forEachColumn(of: slice, UInt32.self, hand)
        }
    }

    private mutating func forEachStoredRow(
        of slice: MatrixSlice,
        _ body: (Int, UnsafeRawBufferPointer) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        let rowSize = slice.encoding.channelSize
        let rowsAtOnce = max(1, Self.chunkSize / max(1, rowSize))
        for first in stride(from: 0, to: slice.rows, by: rowsAtOnce) {
            let last = min(slice.rows, first + rowsAtOnce)
            try read(slice, bytes: first * rowSize..<last * rowSize)
            for row in first..<last {
                let start = (row - first) * rowSize
                try body(row, UnsafeRawBufferPointer(rebasing: bytes[start..<start + rowSize]))
            }
        }
    }

    /// Transposes in tiles of neighbouring output channels, after reading the expert at once.
    private mutating func forEachColumn<Unit: FixedWidthInteger & SIMDScalar>(
        of slice: MatrixSlice, _ unit: Unit.Type,
        _ body: (Int, UnsafeRawBufferPointer) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        let rowSize = slice.encoding.channelSize
        let (rows, columns) = (slice.rows, rowSize / MemoryLayout<Unit>.size)
        // Rows a power of two apart would fall into the same sets of the cache.
        let pitch = columns + 64 / MemoryLayout<Unit>.size
        Self.reserve(&tile, pitch * Self.tileHeight * MemoryLayout<Unit>.size)
        try read(slice, bytes: 0..<rows * rowSize)
        guard let stored = bytes.baseAddress?.assumingMemoryBound(to: Unit.self),
            let turned = tile.baseAddress?.assumingMemoryBound(to: Unit.self)
        else { return }
        for first in stride(from: 0, to: rows, by: Self.tileHeight) {
            let height = min(Self.tileHeight, rows - first)
            let whole = columns & ~7
            for column in stride(from: 0, to: whole, by: 8) {
                let from = stored + (column * rows + first)
                for row in 0..<height {
                    // Eight neighbours of a row leave in one store.
                    var units = SIMD8<Unit>()
                    for lane in 0..<8 { units[lane] = from[lane * rows + row] }
                    UnsafeMutableRawPointer(turned + (row * pitch + column))
                        .storeBytes(of: units, as: SIMD8<Unit>.self)
                }
            }
            for column in whole..<columns {
                for row in 0..<height {
                    turned[row * pitch + column] = stored[column * rows + first + row]
                }
            }
            for row in 0..<height {
                let start = row * pitch * MemoryLayout<Unit>.size
                try body(
                    first + row, UnsafeRawBufferPointer(rebasing: tile[start..<start + rowSize]))
            }
        }
    }

    /// Reads bytes of a slice to the beginning of `bytes`.
    private mutating func read(
        _ slice: MatrixSlice, bytes range: Range<Int>
    ) throws(CheckpointError) {
        Self.reserve(&bytes, range.count)
        let start = slice.firstByte + range.lowerBound
        try source.read(
            slice.name, bytes: start..<start + range.count,
            into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<range.count]))
    }

    private static func reserve(_ buffer: inout UnsafeMutableRawBufferPointer, _ count: Int) {
        if buffer.count < count {
            buffer.deallocate()
            buffer = .allocate(byteCount: count, alignment: 64)
        }
    }
}

/// One output channel as it is stored.
struct StoredChannel {
    /// Which of the slice's channels it is.
    let index: Int
    fileprivate let bytes: UnsafeRawBufferPointer
    fileprivate let decoder: any ChannelDecoder
    fileprivate let room: UnsafeMutableBufferPointer<Float>

    /// The K weights, in memory that the reader uses again.
    var floats: UnsafeBufferPointer<Float> {
        decoder.decode(index, bytes, into: room)
        return UnsafeBufferPointer(room)
    }

    /// The channel as int8, bit by bit, where it is stored so.
    ///
    /// - Parameter integers: room for the K integers.
    /// - Returns: the scale, or nil without a result where the channel must be quantised.
    func copy(into integers: UnsafeMutablePointer<Int8>) -> Float? {
        decoder.copy(index, bytes, into: integers)
    }
}
