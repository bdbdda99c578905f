internal import CANN

/// The use of a device by this process, given back exactly once.
struct DeviceUse: ~Copyable {
    fileprivate let index: Int32
    private let reset: cann_aclrtResetDevice

    /// Takes a device into use.
    ///
    /// - Parameters:
    ///   - index: which device, counted from 0.
    ///   - library: CANN.
    /// - Throws: what the call reports.
    init(_ index: Int, _ library: CANNLibrary) throws(AscendError) {
        let number = Int32(clamping: index)
        try library.check(library.runtime.setDevice(number), "aclrtSetDevice", "(\(index))")
        self.index = number
        reset = library.runtime.resetDevice
    }

    deinit {
        _ = reset(index)
    }
}

/// A context of a device, current in the thread that made it, destroyed exactly once.
///
/// Owns the use of its device, which ends after it.
struct DeviceContext: ~Copyable {
    private let handle: cann_context
    private let destroy: cann_aclrtDestroyContext
    private let use: DeviceUse

    /// Makes a context.
    ///
    /// - Parameters:
    ///   - use: the device.
    ///   - library: CANN.
    /// - Throws: what the call reports.
    init(_ use: consuming DeviceUse, _ library: CANNLibrary) throws(AscendError) {
        var handle: cann_context?
        try library.check(
            library.runtime.createContext(&handle, use.index), "aclrtCreateContext")
        guard let handle else { throw library.failure("aclrtCreateContext", "") }
        self.handle = handle
        destroy = library.runtime.destroyContext
        self.use = use
    }

    /// Makes the context the one that this thread's calls mean.
    ///
    /// - Parameter library: CANN.
    /// - Throws: what the call reports.
    func makeCurrent(_ library: CANNLibrary) throws(AscendError) {
        try library.check(library.runtime.setCurrentContext(handle), "aclrtSetCurrentContext")
    }

    deinit {
        _ = destroy(handle)
    }
}

/// A stream of the current context, destroyed exactly once.
///
/// Owns its context, which ends after it.
struct DeviceStream: ~Copyable {
    let handle: cann_stream
    private let destroy: cann_aclrtDestroyStream
    private let context: DeviceContext

    /// Makes a stream.
    ///
    /// - Parameters:
    ///   - context: the context, current in this thread.
    ///   - library: CANN.
    /// - Throws: what the call reports.
    init(_ context: consuming DeviceContext, _ library: CANNLibrary) throws(AscendError) {
        var handle: cann_stream?
        try library.check(library.runtime.createStream(&handle), "aclrtCreateStream")
        guard let handle else { throw library.failure("aclrtCreateStream", "") }
        self.handle = handle
        destroy = library.runtime.destroyStream
        self.context = context
    }

    deinit {
        _ = destroy(handle)
    }
}
