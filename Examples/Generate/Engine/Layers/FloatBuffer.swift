/// Memory that a decoder makes once and its steps write again and again; zero at first.
struct FloatBuffer: ~Copyable {
    /// The first float.
    let base: UnsafeMutablePointer<Float>
    /// How many there are.
    let count: Int

    init(_ count: Int) {
        base = .allocate(capacity: max(count, 1))
        base.initialize(repeating: 0, count: count)
        self.count = count
    }

    deinit {
        base.deallocate()
    }
}

// A buffer owns its memory alone.
extension FloatBuffer: @unchecked Sendable {}
