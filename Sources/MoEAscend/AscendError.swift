internal import MoE

/// What the Ascend backend reports.
///
/// `message` is one sentence. Where a function of CANN failed it names the function, its status
/// and what CANN itself says about it; where something does not fit it names the quantity, what
/// was found and what the limit is.
public struct AscendError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The stable spelling of the kind.
        public let rawValue: String

        /// A kind by its spelling.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// No library, no device, or not one that this backend knows.
        public static let unavailable = Code(rawValue: MoEError.Code.backendUnavailable.rawValue)
        /// Something that the device cannot carry out and a CPU backend can.
        public static let unsupported = Code(rawValue: MoEError.Code.unsupported.rawValue)
        /// Not enough memory on the device.
        public static let memory = Code(rawValue: "ascend-memory")
        /// A call of CANN that failed; the backend can be used again.
        public static let call = Code(rawValue: "ascend-call")
        /// A device that failed; the backend is closed for good.
        public static let fault = Code(rawValue: "ascend-fault")
    }

    /// What kind of failure it is.
    public let code: Code
    /// One sentence: what, where, found, wanted.
    public let message: String
    /// The function of CANN that failed, if one did.
    public let function: String?
    /// Its status.
    public let status: Int32?

    /// An error of a kind with its sentence.
    public init(
        _ code: Code, _ message: String, function: String? = nil, status: Int32? = nil
    ) {
        self.code = code
        self.message = message
        self.function = function
        self.status = status
    }

    /// The sentence alone.
    public var description: String { message }
}

extension MoEError {
    /// The same error, as what the seam between block and backend may throw.
    init(_ error: AscendError) {
        self.init(Code(rawValue: error.code.rawValue), error.message)
    }
}
