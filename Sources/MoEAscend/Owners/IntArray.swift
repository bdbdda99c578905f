internal import CANN

/// An array of integers as operators take it, destroyed exactly once.
struct IntArray: ~Copyable {
    let handle: OpaquePointer
    private let destroy: cann_aclDestroyIntArray

    /// An array of given integers.
    ///
    /// - Parameters:
    ///   - values: the integers.
    ///   - library: CANN.
    /// - Throws: `call` if CANN makes none.
    init(_ values: [Int64], _ library: CANNLibrary) throws(AscendError) {
        guard let handle = library.meta.createIntArray(values, UInt64(values.count)) else {
            throw library.failure("aclCreateIntArray", "")
        }
        self.handle = handle
        destroy = library.meta.destroyIntArray
    }

    deinit {
        _ = destroy(handle)
    }
}
