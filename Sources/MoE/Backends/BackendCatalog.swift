/// The CPU backends, by the names that commands use.
public enum BackendName: String, CaseIterable, Sendable {
    /// The best one that this build and this machine have.
    case auto
    /// Plain loops.
    case reference
    /// OpenBLAS in float32, tile by tile, with exact int32 results.
    case openblas
    /// The library's own int8 kernels on packed weights.
    case native
}

/// Whether a backend can be used here, and why not.
public struct BackendStatus: Sendable, Hashable {
    /// The backend.
    public let name: BackendName
    /// Whether it can be used.
    public let available: Bool
    /// What it is, or what is missing.
    public let reason: String
}

/// Finds backends: which there are, which one `auto` means and why.
public enum BackendCatalog {
    /// Every backend with its state, best last.
    public static var all: [BackendStatus] {
        [
            BackendStatus(name: .reference, available: true, reason: "plain loops, always there"),
            BackendStatus(
                name: .openblas, available: openBLAS != nil, reason: openBLASReason),
            BackendStatus(name: .native, available: true, reason: nativeReason),
        ]
    }

    /// What a name stands for: the backend, and one sentence why it was taken.
    ///
    /// - Parameter name: the name asked for.
    /// - Returns: the backend and the sentence.
    /// - Throws: `backendUnavailable` if this build or machine does not have it.
    public static func backend(
        _ name: BackendName
    ) throws(MoEError) -> (backend: any ExpertBackend, reason: String) {
        switch name {
        case .reference:
            return (reference, "asked for by name")
        case .openblas:
            guard let openBLAS else {
                throw MoEError(.backendUnavailable, "backend openblas: \(openBLASReason)")
            }
            return (openBLAS, "asked for by name")
        case .native:
            return (native, "asked for by name")
        case .auto:
            guard let openBLAS, !GemmKernel.chosen.isSIMD else { return (native, nativeReason) }
            return (openBLAS, "the fastest where there is no int8 kernel but plain C")
        }
    }

    private static let reference = StagedBackend(
        name: BackendName.reference.rawValue, multiplier: ReferenceMultiplier())

    private static let native = NativeBackend(floatExperts: openBLAS ?? reference)
    private static let nativeReason = "int8 kernels on packed weights, \(GemmKernel.chosen.name)"

    #if OpenBLAS
    private static let openBLAS: (any ExpertBackend)? = StagedBackend(
        name: BackendName.openblas.rawValue, multiplier: OpenBLASMultiplier())
    private static let openBLASReason = "OpenBLAS in float32 tiles, exact int32 results"
    #else
    private static let openBLAS: (any ExpertBackend)? = nil
    private static let openBLASReason = "this build leaves the trait OpenBLAS out"
    #endif
}
