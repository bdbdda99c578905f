import Foundation

/// Memory with an unreadable page right before and right after it.
///
/// The elements touch one of the two pages, so that an access outside them on that side ends the
/// process instead of going unnoticed.
public final class GuardedMemory<Element: BitwiseCopyable>: @unchecked Sendable {
    /// Which unreadable page the elements touch.
    public enum Side: CaseIterable, Sendable {
        /// The one before the first element.
        case before
        /// The one after the last element.
        case after
    }

    /// The elements.
    public let elements: UnsafeMutableBufferPointer<Element>
    private let mapping: UnsafeMutableRawPointer
    private let size: Int

    /// Memory that holds a copy of `elements`, or nil if the system gives none.
    public init?(_ elements: [Element], touching side: Side) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let bytes = elements.count * MemoryLayout<Element>.stride
        let inner = max(1, (bytes + page - 1) / page) * page
        size = inner + 2 * page
        guard let mapping = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            mapping != MAP_FAILED
        else { return nil }
        self.mapping = mapping
        guard mprotect(mapping + page, inner, PROT_READ | PROT_WRITE) == 0 else {
            munmap(mapping, size)
            return nil
        }
        let start = mapping + page + (side == .before ? 0 : inner - bytes)
        self.elements = UnsafeMutableBufferPointer(
            start: start.bindMemory(to: Element.self, capacity: elements.count),
            count: elements.count)
        _ = self.elements.update(fromContentsOf: elements)
    }

    deinit { munmap(mapping, size) }
}
