import CANNDoubleControls

extension CANNDouble {
    /// When launched work runs.
    public enum Execution: Sendable {
        /// At the synchronisation, as late as possible.
        case atSynchronisation
        /// Within the launch.
        case atLaunch
        /// At the synchronisation, after so many milliseconds and on another thread.
        case later(milliseconds: UInt32)
    }

    /// What `aclGetRecentErrMsg` returns after an error.
    public enum Message: Int32, CaseIterable, Sendable {
        case text, none, huge, broken
    }

    /// Lets calls fail.
    ///
    /// - Parameters:
    ///   - name: the function; nil for every one.
    ///   - nth: the first call to fail, counted from now, from 1.
    ///   - times: how many fail.
    ///   - status: what they return; nil for what the function usually fails with.
    ///   - device: whose calls; nil for all.
    public func fail(
        _ name: String? = nil, at nth: Int = 1, times: Int = 1, status: Int32? = nil,
        on device: Int32? = nil
    ) {
        controls.fail(device ?? -1, name, UInt64(nth), UInt64(times), status ?? 0)
    }

    /// Lets nothing fail any more.
    public func stopFailing(on device: Int32? = nil) { controls.stop_failing(device ?? -1) }

    /// Sets how many devices there are.
    public func setDeviceCount(_ count: Int) { controls.set_device_count(UInt32(count)) }

    /// Sets the chip's name; nil for none.
    public func setSoCName(_ name: String?) { controls.set_soc_name(name) }

    /// Sets the memory of a device.
    public func setMemory(_ bytes: Int, on device: Int32 = 0) {
        controls.set_memory(device, UInt64(bytes))
    }

    /// Sets when launched work runs.
    public func setExecution(_ execution: Execution, on device: Int32 = 0) {
        switch execution {
        case .atSynchronisation:
            controls.set_execution(device, Int32(CANN_DOUBLE_AT_SYNCHRONISATION), 0)
        case .atLaunch: controls.set_execution(device, Int32(CANN_DOUBLE_AT_LAUNCH), 0)
        case .later(let milliseconds):
            controls.set_execution(device, Int32(CANN_DOUBLE_LATER_ELSEWHERE), milliseconds)
        }
    }

    /// Sets what `aclGetRecentErrMsg` returns after an error.
    public func setMessage(_ message: Message) { controls.set_message(message.rawValue) }

    /// Sets the workspace that an operator asks for.
    ///
    /// - Parameters:
    ///   - bytes: the workspace of the next first phase.
    ///   - growth: how much more every further one asks for.
    ///   - name: the operator; nil for all.
    ///   - device: whose; nil for all.
    public func setWorkspace(
        _ bytes: Int, growth: Int = 0, of name: String? = nil, on device: Int32? = nil
    ) {
        controls.set_workspace(device ?? -1, name, UInt64(bytes), UInt64(growth))
    }

    /// Lets rows of an expert descend in MoeInitRoutingV3, which is as legal as ascending.
    public func setDescendingRows(_ whether: Bool, on device: Int32? = nil) {
        controls.set_descending_rows(device ?? -1, whether)
    }
}
