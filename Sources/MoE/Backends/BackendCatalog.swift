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

/// An instruction set that the library has kernels for, and its state here.
public struct InstructionSetStatus: Sendable, Hashable {
    /// The name, as `MOE_ISA` takes it.
    public let name: String
    /// Whether this processor has it.
    public let available: Bool
    /// Whether this process uses it.
    public let chosen: Bool
    /// Why it is chosen, or why not.
    public let reason: String
}

extension BackendCatalog {
    /// Every instruction set of this architecture and of others, narrowest first.
    public static var instructionSets: [InstructionSetStatus] {
        InstructionSet.all.map { isa in
            let name = InstructionSet.name(of: isa)
            let available = InstructionSet.isAvailable(isa), chosen = isa == InstructionSet.chosen
            let reason =
                if !available {
                    "this processor does not have it"
                } else if !chosen {
                    "this processor has it; \(InstructionSet.name(of: InstructionSet.chosen)) is used"
                } else {
                    InstructionSet.reason
                }
            return InstructionSetStatus(
                name: name, available: available, chosen: chosen, reason: reason)
        }
    }
}
