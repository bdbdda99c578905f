public import MoE
public import MoECheckpoint

/// What computes a decoder's experts.
public struct ExpertChoice: Sendable {
    /// The form of their weights.
    public var format: ExpertFormat
    /// The backend.
    public var backend: BackendName
    /// How many threads may work; nil for one per processor.
    public var threads: Int?

    /// A choice of format, backend and threads.
    public init(
        _ format: ExpertFormat = .int8, backend: BackendName = .auto, threads: Int? = nil
    ) {
        self.format = format
        self.backend = backend
        self.threads = threads
    }
}
