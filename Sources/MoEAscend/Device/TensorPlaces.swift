/// Sets places aside for tensors in one piece of memory, one behind the other.
struct TensorPlaces {
    /// Bytes of all places so far.
    private(set) var byteCount = 0

    /// What a kernel moves at once.
    private static let alignment = 512

    /// A place for `count` elements, as an offset in bytes.
    ///
    /// Aligned to what kernels move at once, and padded, since they may read a little past the end.
    mutating func place(_ element: DeviceElement, _ count: Int) -> Int {
        let place = byteCount
        let end = place + count * element.size + DeviceBuffer.padding
        byteCount = (end + Self.alignment - 1) / Self.alignment * Self.alignment
        return place
    }
}
