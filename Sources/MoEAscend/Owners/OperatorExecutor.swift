internal import CANN

/// What the first phase of an operator makes: consumed by one second phase, or kept for many.
struct OperatorExecutor: ~Copyable {
    let handle: OpaquePointer
    private let destroy: cann_aclDestroyAclOpExecutor

    /// Takes an executor over from the first phase.
    init(_ handle: OpaquePointer, _ library: CANNLibrary) {
        self.handle = handle
        destroy = library.meta.destroyExecutor
    }

    deinit {
        _ = destroy(handle)
    }

    /// Gives the executor up to the second phase, which destroys it whatever its status.
    consuming func release() {
        discard self
    }
}
