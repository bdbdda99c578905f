internal import CANN

/// One operator at fixed tensors: planned once where CANN lets its executor be run again.
struct OperatorCall: ~Copyable {
    /// `aclnnX`.
    let name: String
    private let run: cann_aclnn
    /// What a repeatable first phase made.
    private var executor: OperatorExecutor?
    private var planned: (executor: OpaquePointer, workspaceSize: UInt64)?

    /// A call that has not been planned.
    init<Plan>(_ function: OperatorFunction<Plan>) {
        name = function.name
        run = function.run
    }

    /// Puts the operator on the stream.
    ///
    /// - Parameters:
    ///   - session: the device.
    ///   - plan: the first phase, called unless an executor of an earlier call can be run again.
    /// - Throws: what either phase reports; `memory` for a workspace that does not fit.
    mutating func enqueue(
        on session: DeviceSession,
        plan: (UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<OpaquePointer?>) -> cann_status
    ) throws(AscendError) {
        if let planned {
            let status = session.launch(
                run, planned.executor, workspaceAt: try session.workspace(planned.workspaceSize),
                size: planned.workspaceSize)
            guard status != CANN_ACL_SUCCESS else { return }
            let failure = session.library.failure(status, name)
            forget()
            throw failure
        }
        var size: UInt64 = 0, handle: OpaquePointer?
        let library = session.library
        try library.check(plan(&size, &handle), "\(name)GetWorkspaceSize")
        guard let handle else { throw library.failure("\(name)GetWorkspaceSize", "") }
        let executor = OperatorExecutor(handle, library)
        let isRepeatable = library.makeRepeatable(handle)
        let workspace = try session.workspace(size)
        guard isRepeatable else {
            // One run consumes it, whatever comes of it.
            executor.release()
            return try library.check(
                session.launch(run, handle, workspaceAt: workspace, size: size), name)
        }
        try library.check(session.launch(run, handle, workspaceAt: workspace, size: size), name)
        self.executor = consume executor
        planned = (handle, size)
    }

    /// Drops the executor; tensors that it reads may go afterwards.
    mutating func forget() {
        planned = nil
        executor = nil
    }
}

extension CANNLibrary {
    /// Asks for an executor to be run more than once; a refusal is no error.
    func makeRepeatable(_ executor: OpaquePointer) -> Bool {
        guard let makeRepeatable = meta.makeRepeatable else { return false }
        return makeRepeatable(executor) == CANN_ACL_SUCCESS
    }
}
