extension Array where Element: BitwiseCopyable {
    /// `count` elements that `fill` writes, every one of them; it is not called for none.
    ///
    /// Empty arrays share one storage in the standard library, to whose count the uninitialised
    /// initialiser writes: harmless, and a data race to the thread sanitizer.
    package init<Failure: Error>(
        count: Int, filledBy fill: (UnsafeMutablePointer<Element>) throws(Failure) -> Void
    ) throws(Failure) {
        guard count > 0 else {
            self = []
            return
        }
        try self.init(unsafeUninitializedCapacity: count) {
            buffer, initialized throws(Failure) in
            if let base = buffer.baseAddress { try fill(base) }
            initialized = count
        }
    }
}
