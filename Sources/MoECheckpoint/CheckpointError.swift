/// What reading or writing a checkpoint reports.
///
/// `message` is one sentence that names the file, then the tensor or key, what was found and what
/// was wanted.
public struct CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The stable spelling of the kind.
        public let rawValue: String

        /// A kind by its spelling.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// A file that cannot be opened, read or written.
        public static let file = Code(rawValue: "file")
        /// A file that is not what its format demands.
        public static let format = Code(rawValue: "format")
        /// A configuration that is missing a key, or holds a value no model has.
        public static let configuration = Code(rawValue: "configuration")
        /// A tensor that is missing, or of the wrong type, shape or values.
        public static let tensor = Code(rawValue: "tensor")
        /// A model that is well-formed and not supported, by name.
        public static let unsupported = Code(rawValue: "unsupported")
    }

    /// What kind of failure it is.
    public let code: Code
    /// One sentence: file, place, found, wanted.
    public let message: String

    /// An error of a kind with its sentence.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence alone.
    public var description: String { message }
}
