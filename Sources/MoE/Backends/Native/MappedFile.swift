#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A file's bytes as memory: read from disk when they are touched, shared by all processes that
/// map the file, and dropped by the system when it needs the room.
///
/// The file must keep its length while it is mapped. If someone truncates it, touching what is
/// gone ends the process with SIGBUS, as with any mapped file; a file that is replaced by another
/// of its name stays what it was.
package final class MappedFile: @unchecked Sendable {
    /// How many bytes there are.
    package let byteCount: Int
    /// The first byte, aligned to a huge page.
    let base: UnsafeRawPointer
    private let mapping: UnsafeMutableRawPointer
    private let mappedBytes: Int
    private let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

    private static let hugePage = 2 << 20

    /// Maps a file for reading; nothing of it is read yet.
    ///
    /// - Parameters:
    ///   - descriptor: the open file; it may be closed afterwards.
    ///   - byteCount: the length of the file, above 0.
    /// - Throws: `configuration` if the system does not map it.
    package init(descriptor: Int32, byteCount: Int) throws(MoEError) {
        let (bytes, overflow) = byteCount.addingReportingOverflow(Self.hugePage)
        // Addresses first, then the file over them: bytes that begin a huge page of the file begin
        // one of memory.
        guard byteCount > 0, !overflow,
            let mapping = mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0),
            mapping != MAP_FAILED
        else {
            throw MoEError(
                .configuration, "mapped file: the system has no \(byteCount) bytes of addresses")
        }
        let misalignment = Int(bitPattern: mapping) % Self.hugePage
        let base = mapping + (misalignment == 0 ? 0 : Self.hugePage - misalignment)
        guard mmap(base, byteCount, PROT_READ, MAP_SHARED | MAP_FIXED, descriptor, 0) == base
        else {
            munmap(mapping, bytes)
            throw MoEError(
                .configuration, "mapped file: the system does not map its \(byteCount) bytes")
        }
        self.byteCount = byteCount
        self.base = UnsafeRawPointer(base)
        self.mapping = mapping
        self.mappedBytes = bytes
        #if os(Linux)
        // Advice only: where the file system keeps whole huge pages, they are mapped as such.
        madvise(base, byteCount, MADV_HUGEPAGE)
        #endif
    }

    deinit { munmap(mapping, mappedBytes) }

    /// The whole file.
    package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: byteCount)
    }

    /// Asks the system to read bytes of the file that are about to be used; does not wait for them.
    ///
    /// Bytes whose first page is in memory are taken to be there: asking costs a walk through them
    /// all, which for every expert of a token would be a third of its time. The system tells so
    /// much to who owns the file or may write it; for others bytes are read when they are touched.
    ///
    /// - Parameter bytes: which bytes, of this file.
    /// - Returns: whether they were not in memory.
    @discardableResult
    func fetch(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress else { return false }
        let offset = start - base
        let first = offset / pageSize * pageSize, end = min(offset + bytes.count, byteCount)
        guard first >= 0, first < end, !isResident(first) else { return false }
        // Advice only: what is not fetched is read when it is touched.
        madvise(UnsafeMutableRawPointer(mutating: base + first), end - first, MADV_WILLNEED)
        return true
    }

    private func isResident(_ offset: Int) -> Bool {
        let page = UnsafeMutableRawPointer(mutating: base + offset)
        #if canImport(Darwin)
        var state: CChar = 0
        #else
        var state: UInt8 = 0
        #endif
        return mincore(page, 1, &state) == 0 && state & 1 != 0
    }
}
