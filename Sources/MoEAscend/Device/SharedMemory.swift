/// Device memory that passes share: replaced by more where one asks for more, never shrunk.
struct SharedMemory: ~Copyable {
    private let purpose: String
    private var buffer: DeviceBuffer?
    private var address: UnsafeMutableRawPointer?
    /// How many bytes are held.
    private(set) var byteCount = 0
    /// How often the memory was replaced.
    private(set) var generation = 0

    /// Sizes are rounded up to this: the device's pages.
    private static let granularity = 2 << 20

    /// No memory yet.
    init(purpose: String) {
        self.purpose = purpose
    }

    /// The memory, of at least `wanted` bytes.
    ///
    /// Where it must grow, the stream is waited for first: kernels may still use the old memory.
    ///
    /// - Throws: `memory` if there is not so much, and then none is held; what a call reports.
    mutating func reserve(
        _ wanted: Int, _ session: DeviceSession
    ) throws(AscendError) -> UnsafeMutableRawPointer {
        if let address, byteCount >= wanted { return address }
        try session.synchronize()
        drop()
        let pages = (wanted + Self.granularity - 1) / Self.granularity
        let grown = try DeviceBuffer(
            byteCount: pages * Self.granularity - DeviceBuffer.padding, for: purpose,
            session.library)
        let start = grown.address
        byteCount = grown.byteCount
        buffer = consume grown
        address = start
        return start
    }

    /// Gives the memory back.
    mutating func drop() {
        address = nil
        byteCount = 0
        buffer = nil
        generation += 1
    }
}

/// Host memory that passes share, as ``SharedMemory`` is on the device.
struct StagingMemory: ~Copyable {
    private var buffer: HostBuffer?
    private var address: UnsafeMutableRawPointer?
    private var byteCount = 0

    /// The memory, of at least `wanted` bytes; nothing is in flight to or from it.
    ///
    /// - Throws: what the call reports, and then none is held.
    mutating func reserve(
        _ wanted: Int, _ library: CANNLibrary
    ) throws(AscendError) -> UnsafeMutableRawPointer {
        if let address, byteCount >= wanted { return address }
        drop()
        let grown = try HostBuffer(byteCount: max(wanted, 4096), library)
        let start = grown.address
        byteCount = grown.byteCount
        buffer = consume grown
        address = start
        return start
    }

    /// Gives the memory back.
    mutating func drop() {
        address = nil
        byteCount = 0
        buffer = nil
    }
}
