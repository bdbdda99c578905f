#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Memory for packed weights: pages of its own, huge ones where the system gives them.
///
/// Weights are read once a token from end to end; with pages of 4 KiB the walk through the page
/// tables costs up to a third of the bandwidth.
final class PackedMemory: @unchecked Sendable {
    /// The first byte, aligned to a huge page.
    let base: UnsafeMutableRawPointer
    /// How many bytes there are.
    let byteCount: Int
    private let mapping: UnsafeMutableRawPointer
    private let mappedBytes: Int

    private static let hugePage = 2 << 20

    /// Zeroed memory.
    ///
    /// - Parameter byteCount: how many bytes.
    /// - Throws: `configuration` if the system does not give them.
    init(byteCount: Int) throws(MoEError) {
        let (bytes, overflow) = byteCount.addingReportingOverflow(2 * Self.hugePage)
        guard byteCount >= 0, !overflow,
            let mapping = mmap(
                nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0),
            mapping != MAP_FAILED
        else {
            throw MoEError(
                .configuration, "packed weights: the system has no \(byteCount) bytes for them")
        }
        self.byteCount = byteCount
        self.mapping = mapping
        self.mappedBytes = bytes
        let misalignment = Int(bitPattern: mapping) % Self.hugePage
        self.base = mapping + (misalignment == 0 ? 0 : Self.hugePage - misalignment)
        #if os(Linux)
        // Advice only: without huge pages everything works, slower.
        madvise(base, byteCount, MADV_HUGEPAGE)
        #endif
    }

    deinit { munmap(mapping, mappedBytes) }
}
