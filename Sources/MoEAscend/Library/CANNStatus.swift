internal import CANN

/// A status of CANN: its number, and what it means where the backend knows.
struct CANNStatus {
    let number: cann_status

    /// The kind of error it is.
    var code: AscendError.Code {
        switch Int(number) {
        case CANN_ACL_ERROR_BAD_ALLOC, CANN_ACL_ERROR_RT_MEMORY_ALLOCATION,
            CANN_ACL_ERROR_RT_DEVICE_OOM:
            .memory
        case CANN_ACL_ERROR_RT_STREAM_SYNC_TIMEOUT: .call
        case CANN_ACL_ERROR_RT_INTERNAL_ERROR...CANN_ACL_ERROR_RT_DRV_INTERNAL_ERROR: .fault
        default: .call
        }
    }

    /// `207001 (out of device memory)`, or the number alone.
    var text: String {
        meaning.map { "\(number) (\($0))" } ?? "\(number)"
    }

    private var meaning: String? {
        switch number {
        case 100000, 107000, 161002: "invalid parameter"
        case 100001: "not initialised"
        case 100039: "a library for linking only"
        case 107001: "no such device"
        case 107002: "no context in this thread"
        case 107003: "stream of another context"
        case 107008: "unaligned address"
        case 107017: "stale handle"
        case 107020: "task timed out"
        case 161001: "missing parameter"
        case 200000: "out of host memory"
        case 200001, 207000: "not supported"
        case 207001, 207018: "out of device memory"
        case 207004: "no device"
        case 361001: "runtime call failed"
        case 507015, 507035: "exception in a kernel"
        case 507014, 507034: "kernel timed out"
        case 507046: "stream timed out"
        case 507053, 507054: "device memory failed"
        case 507000...507899: "device failed"
        case 561000: "inner error"
        case 561001: "wrong output shape"
        case 561002: "outside the kernel's limits in this release of CANN"
        case 561003, 561108, 561112: "no kernel for this chip is installed"
        case 561107: "ASCEND_OPP_PATH is not set or wrong"
        default: nil
        }
    }
}

extension CANNLibrary {
    /// Throws for a status that is not 0.
    ///
    /// CANN's own text is read at once: the next call of this thread may clear it.
    ///
    /// - Parameters:
    ///   - status: what the function returned.
    ///   - function: its name.
    ///   - purpose: what it was called for, ` while …`; empty if the name says it.
    /// - Throws: `memory`, `fault` or `call`, by the status.
    func check(
        _ status: cann_status, _ function: @autoclosure () -> String,
        _ purpose: @autoclosure () -> String = ""
    ) throws(AscendError) {
        guard status != CANN_ACL_SUCCESS else { return }
        throw failure(status, function(), purpose())
    }

    /// The error of a failed call.
    func failure(_ status: cann_status, _ function: String, _ purpose: String = "") -> AscendError {
        let known = CANNStatus(number: status), text = recentErrorText
        return AscendError(
            known.code,
            "\(function)\(purpose): status \(known.text)" + (text.isEmpty ? "" : ": \(text)"),
            function: function, status: status)
    }

    /// The error of a function that returned no object.
    func failure(_ function: String, _ purpose: String) -> AscendError {
        let text = recentErrorText
        return AscendError(
            .call, "\(function)\(purpose): returned nothing" + (text.isEmpty ? "" : ": \(text)"),
            function: function)
    }

    /// What CANN says about the last error of this thread, on one line of at most 4 KB.
    private var recentErrorText: String {
        guard let text = runtime.recentErrorMessage() else { return "" }
        var length = 0
        while length < 4096, text[length] != 0 { length += 1 }
        let bytes = UnsafeRawBufferPointer(start: text, count: length)
        return String(decoding: bytes, as: UTF8.self)
            .split { $0.isNewline || $0 == "\t" || $0 == " " }.joined(separator: " ")
    }
}
