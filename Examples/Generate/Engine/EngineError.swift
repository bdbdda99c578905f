/// What the engine reports of a caller's data, in one sentence.
public struct EngineError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence: what, found, wanted.
    public let description: String

    /// An error of its sentence.
    public init(_ description: String) {
        self.description = description
    }
}
