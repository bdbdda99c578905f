internal import CANN

/// Host memory that the device reads and writes while the host goes on: pinned, where CANN pins.
struct HostBuffer: ~Copyable {
    /// The first byte.
    let address: UnsafeMutableRawPointer
    /// How many bytes there are.
    let byteCount: Int
    private let free: cann_aclrtFreeHost?

    /// Allocates memory; its content is undefined.
    ///
    /// - Parameters:
    ///   - byteCount: how many bytes, at least 1.
    ///   - library: CANN, with a current context.
    /// - Throws: `memory` or what else the call reports.
    init(byteCount: Int, _ library: CANNLibrary) throws(AscendError) {
        self.byteCount = byteCount
        guard let allocate = library.runtime.allocateHost, let free = library.runtime.freeHost
        else {
            // Copies to and from ordinary memory block until they are done; all else is the same.
            self.free = nil
            address = .allocate(byteCount: byteCount, alignment: 64)
            return
        }
        var address: UnsafeMutableRawPointer?
        try library.check(
            allocate(&address, byteCount), "aclrtMallocHost", " of \(byteCount) bytes")
        guard let address else {
            throw library.failure("aclrtMallocHost", " of \(byteCount) bytes")
        }
        self.address = address
        self.free = free
    }

    deinit {
        if let free { _ = free(address) } else { address.deallocate() }
    }
}
