public import ArgumentParser
public import MoE
public import MoEAscend

/// What every command takes that computes.
struct ComputeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What computes: \(BackendName.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "name"))
    var backend: BackendName = .auto

    @OptionGroup var device: DeviceOptions

    @OptionGroup var threading: ThreadOptions

    /// How many threads may work; nil for one per processor.
    var threads: Int? { threading.threads }

    /// The backend asked for.
    func resolved() throws -> any ExpertBackend {
        try BackendCatalog.backend(backend, offers: device.offers).backend
    }
}

/// How a device computes, for every command that may use one.
struct DeviceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How an Ascend device computes: \(AscendOptions.textHelp).", valueName: "settings"))
    var ascend: AscendOptions = AscendOptions()

    /// The backends beside those of the library.
    var offers: [BackendOffer] { [AscendBackend.offer(ascend)] }
}

extension AscendOptions: ExpressibleByArgument {
    /// The options of a line of settings; nil for one that there is not.
    public init?(argument: String) {
        guard let options = try? AscendOptions(text: argument) else { return nil }
        self = options
    }

    /// What the options are if none is given.
    public var defaultValueDescription: String { "device=0,weights=nd,output=bf16" }
}

extension BackendName: ExpressibleByArgument {}
