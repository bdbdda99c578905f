/// What this library reports instead of trapping on a caller's data.
///
/// `code` says which rule was broken and is stable; `message` is one sentence that names the
/// tensor or option, what was found and what was wanted. It never holds a tensor's contents
/// beyond the one element that broke the rule.
public struct MoEError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule that was broken.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The stable spelling of the rule, such as `E07` or `configuration`.
        public let rawValue: String

        /// A rule by its spelling.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// A shape that disagrees with another one.
        public static let shape = Code(rawValue: "shape")
        /// A group index that is not a list of counts, or does not fit the rows.
        public static let groupIndex = Code(rawValue: "group-index")
        /// A layer's configuration that no router or expert can carry out.
        public static let configuration = Code(rawValue: "configuration")
        /// A value that must be finite, or of a range, and is not.
        public static let value = Code(rawValue: "value")
        /// An input beside the hidden states that is missing, or that nothing reads.
        public static let input = Code(rawValue: "input")
        /// A backend that this build or this machine does not have.
        public static let backendUnavailable = Code(rawValue: "backend-unavailable")
        /// Something that one backend cannot carry out and another can.
        public static let unsupported = Code(rawValue: "unsupported")
    }

    /// The rule that was broken.
    public let code: Code
    /// One sentence: what, where, found, wanted.
    public let message: String

    /// An error of a rule with its sentence.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence alone.
    public var description: String { message }
}
