#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Memory of a workspace: aligned to cache lines, grown when a batch asks for more, never shrunk.
///
/// The elements are whatever was last written; after a growth they are undefined until a stage
/// writes them. Kernels read and write through `base`.
package struct Buffer<Element: BitwiseCopyable>: ~Copyable {
    /// The first element.
    package private(set) var base: UnsafeMutablePointer<Element>
    /// How many elements are in use.
    package private(set) var count: Int
    private var capacity: Int

    /// A buffer of `count` undefined elements.
    package init(count: Int = 0) {
        self.base = Self.allocate(count)
        self.count = count
        self.capacity = count
    }

    deinit {
        UnsafeMutableRawPointer(base).deallocate()
    }

    /// Makes room for `count` elements; old elements are lost where it grows.
    package mutating func resize(_ count: Int) {
        if count > capacity {
            UnsafeMutableRawPointer(base).deallocate()
            base = Self.allocate(count)
            capacity = count
        }
        self.count = count
    }

    /// The elements in use.
    package var span: Span<Element> {
        @_lifetime(borrow self)
        get {
            let span = Span(_unsafeStart: UnsafePointer(base), count: count)
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// A copy of the elements in use.
    package var array: [Element] {
        Array(UnsafeBufferPointer(start: base, count: count))
    }

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<Element> {
        let byteCount = max(count, 1) * MemoryLayout<Element>.stride
        let isLarge = byteCount >= hugePage / 2
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: isLarge ? (byteCount + hugePage - 1) / hugePage * hugePage : byteCount,
            alignment: isLarge ? hugePage : cacheLine)
        #if os(Linux)
        // Advice only: rows that many threads read at random are found with fewer page walks.
        if isLarge { madvise(memory, byteCount, MADV_HUGEPAGE) }
        #endif
        return memory.bindMemory(to: Element.self, capacity: max(count, 1))
    }
}

private let cacheLine = 64, hugePage = 2 << 20

// A buffer owns its memory alone; sending it sends the memory.
extension Buffer: @unchecked Sendable where Element: Sendable {}
