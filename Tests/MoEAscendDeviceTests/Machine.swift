import CANNDoubleSupport
import MoE
import MoEAscend
import Synchronization
import Testing

/// A device of the double that one test has for itself.
final class Machine: Sendable {
    private static let shared = Result {
        let cann = try CANNInstallation()
        cann.double.setDeviceCount(1 << 20)
        return cann
    }
    private static let devices = Atomic<Int32>(0)

    /// The installation that the device belongs to.
    let cann: CANNInstallation
    /// Its number.
    let device: Int32

    /// A device of an installation; of the one that most tests share if none is given.
    init(of own: CANNInstallation? = nil) throws {
        cann = try own ?? Self.shared.get()
        device = own == nil ? Self.devices.add(1, ordering: .relaxed).oldValue : 0
    }

    var double: CANNDouble { cann.double }

    /// The options that find the device, and others.
    func options(_ change: (inout AscendOptions) -> Void = { _ in }) -> AscendOptions {
        var options = AscendOptions()
        options.libraryPaths = [cann.root]
        options.device = Int(device)
        change(&options)
        return options
    }

    /// The backend on the device.
    func backend(_ change: (inout AscendOptions) -> Void = { _ in }) throws -> AscendBackend {
        try AscendBackend(options(change))
    }

    /// The backend as commands get it, through the catalogue.
    func opened(
        _ change: (inout AscendOptions) -> Void = { _ in }
    ) throws(MoEError) -> any ExpertBackend {
        try BackendCatalog.backend(.ascend, offers: [AscendBackend.offer(options(change))]).backend
    }

    /// What the double has written down about the device; nothing if all is well.
    var complaints: [String] {
        double.violations(on: device) + double.refusals(on: device)
    }

    /// Fails unless every rule was kept, no argument refused, and nothing is left.
    func expectClean(
        _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(complaints == [], comment, sourceLocation: sourceLocation)
        #expect(double.alive(on: device) == [:], comment, sourceLocation: sourceLocation)
    }
}

/// Results of a block on the CPU, to compare with.
func reference(
    _ layer: MoELayer, _ input: Matrix<Float>, routerInput: Matrix<Float>? = nil,
    tokenIDs: [Int32]? = nil
) throws -> MoEOutput {
    try MoEBlock(layer, backend: BackendCatalog.backend(.reference).backend, threads: 1)
        .forward(input, routerInput: routerInput, tokenIDs: tokenIDs)
}
