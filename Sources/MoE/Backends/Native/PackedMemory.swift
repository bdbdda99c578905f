#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Where packed weights lie: pages of their own, or a part of a file that is mapped.
struct PackedMemory: @unchecked Sendable {
    /// The first byte, aligned to a cache line at least; of a file it may only be read.
    let base: UnsafeMutableRawPointer
    /// How many bytes there are.
    let byteCount: Int
    /// The file, if they lie in one.
    let file: MappedFile?
    private let pages: OwnPages?

    /// Zeroed memory, aligned to a huge page.
    ///
    /// - Parameter byteCount: how many bytes.
    /// - Throws: `configuration` if the system does not give them.
    init(byteCount: Int) throws(MoEError) {
        let pages = try OwnPages(byteCount: byteCount)
        self.base = pages.base
        self.byteCount = byteCount
        self.pages = pages
        self.file = nil
    }

    /// A part of a file.
    ///
    /// - Parameters:
    ///   - file: the file; it stays mapped for as long as this memory is in use.
    ///   - bytes: which bytes of it.
    /// - Throws: `shape` for bytes that the file does not have, or that begin within a cache line.
    init(_ file: MappedFile, bytes: Range<Int>) throws(MoEError) {
        guard bytes.lowerBound >= 0, bytes.upperBound <= file.byteCount,
            bytes.lowerBound % 64 == 0
        else {
            throw MoEError(
                .shape,
                "packed weights: bytes \(bytes) of a file of \(file.byteCount), wanted bytes "
                    + "that it has, from a multiple of 64 on")
        }
        self.base = UnsafeMutableRawPointer(mutating: file.base + bytes.lowerBound)
        self.byteCount = bytes.count
        self.pages = nil
        self.file = file
    }
}

/// Anonymous memory, in huge pages where the system gives them.
///
/// Weights are read once a token from end to end; with pages of 4 KiB the walk through the page
/// tables costs up to a third of the bandwidth.
private final class OwnPages: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    private let mapping: UnsafeMutableRawPointer
    private let mappedBytes: Int

    private static let hugePage = 2 << 20

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
