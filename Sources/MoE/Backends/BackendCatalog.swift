/// The backends, by the names that commands use.
public enum BackendName: String, CaseIterable, Sendable {
    /// The best one that this build and this machine have.
    case auto
    /// Plain loops.
    case reference
    /// OpenBLAS in float32, tile by tile, with exact int32 results.
    case openblas
    /// The library's own int8 kernels on packed weights.
    case native
    /// An Ascend device; the module `MoEAscend` brings it.
    case ascend
}

/// Whether a backend can be used here, and why not.
public struct BackendStatus: Sendable, Hashable {
    /// The backend.
    public let name: BackendName
    /// Whether it can be used.
    public let available: Bool
    /// What it is, or what is missing.
    public let reason: String

    /// A backend's state.
    public init(name: BackendName, available: Bool, reason: String) {
        self.name = name
        self.available = available
        self.reason = reason
    }
}

/// Finds backends: which there are, which one `auto` means and why.
public enum BackendCatalog {
    /// Every backend of this library with its state, best last.
    public static var all: [BackendStatus] {
        [
            BackendStatus(name: .reference, available: true, reason: "plain loops, always there"),
            BackendStatus(
                name: .openblas, available: openBLAS != nil, reason: openBLASReason),
            BackendStatus(name: .native, available: true, reason: nativeReason),
        ]
    }

    /// Every backend with its state, those that other modules bring last.
    ///
    /// - Parameter offers: the backends of other modules.
    /// - Returns: their states.
    public static func all(with offers: [BackendOffer]) -> [BackendStatus] {
        all + offers.map { $0.status() }
    }

    /// What a name stands for: the backend, and one sentence why it was taken.
    ///
    /// `auto` takes the first offer that can be used for what it can compute, and the best CPU
    /// backend for everything else.
    ///
    /// - Parameters:
    ///   - name: the name asked for.
    ///   - offers: the backends of other modules, best first.
    /// - Returns: the backend and the sentence.
    /// - Throws: `backendUnavailable` if this build or machine does not have it.
    public static func backend(
        _ name: BackendName, offers: [BackendOffer] = []
    ) throws(MoEError) -> (backend: any ExpertBackend, reason: String) {
        if let offer = offers.first(where: { $0.name == name }) {
            return (try offer.open(), "asked for by name")
        }
        guard name == .auto else { return try backendOfLibrary(name) }
        let ours = try backendOfLibrary(.auto)
        for offer in offers {
            let status = offer.status()
            guard status.available else { continue }
            return (
                PreferredBackend(preferred: try offer.open(), otherwise: ours.backend),
                "\(status.reason); \(ours.backend.name) for what it cannot compute"
            )
        }
        return ours
    }

    private static func backendOfLibrary(
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
        case .ascend:
            throw MoEError(
                .backendUnavailable, "backend \(name.rawValue): this program does not bring it")
        case .auto:
            guard let openBLAS, !GemmKernel.chosen.isSIMD else { return (native, nativeReason) }
            return (openBLAS, "the fastest where there is no int8 kernel but plain C")
        }
    }

    private static let reference = StagedBackend(
        name: BackendName.reference.rawValue, multiplier: ReferenceMultiplier())

    private static let native = PreferredBackend(
        preferred: NativeBackend(), otherwise: openBLAS ?? reference)
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
