internal import CANN

/// Memory on the device, freed exactly once.
///
/// Whoever drops it sees to it that nothing on the stream still uses it: freeing does not wait.
struct DeviceBuffer: ~Copyable {
    /// The first byte, aligned to at least 64.
    let address: UnsafeMutableRawPointer
    /// How many bytes may be used.
    let byteCount: Int
    private let library: CANNLibrary

    /// Kernels may read whole blocks of 32 bytes past the end of a tensor.
    static let padding = 32

    /// Allocates memory; its content is undefined.
    ///
    /// - Parameters:
    ///   - byteCount: how many bytes, at least 1.
    ///   - purpose: what for, as an error says it.
    ///   - library: CANN, with a current context.
    /// - Throws: `memory` with what is free, or what else the call reports.
    init(byteCount: Int, for purpose: String, _ library: CANNLibrary) throws(AscendError) {
        var address: UnsafeMutableRawPointer?
        let wanted = byteCount + Self.padding
        let status = library.runtime.allocate(
            &address, wanted, Int32(CANN_ACL_MEM_MALLOC_HUGE_FIRST))
        guard status == CANN_ACL_SUCCESS else {
            // The text of the failure first: asking for what is free is another call.
            let failure = library.failure(
                status, "aclrtMalloc", " of \(wanted) bytes for \(purpose)")
            guard failure.code == .memory, let memory = try? library.memoryInfo() else {
                throw failure
            }
            throw AscendError(
                .memory, "\(failure.message) (\(memory.text))", function: failure.function,
                status: failure.status)
        }
        guard let address else {
            throw library.failure("aclrtMalloc", " of \(wanted) bytes for \(purpose)")
        }
        self.address = address
        self.byteCount = byteCount
        self.library = library
    }

    deinit {
        _ = library.runtime.free(address)
    }
}
