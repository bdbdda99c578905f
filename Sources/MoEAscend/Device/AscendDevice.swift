/// One device and the thread that speaks for it.
///
/// Everything on the device goes through ``perform(_:)``. What it owns there is dropped there.
final class AscendDevice: @unchecked Sendable {
    let library: CANNLibrary
    let options: AscendOptions
    /// The chip, as CANN names it.
    let socName: String
    /// How many devices there are.
    let deviceCount: Int
    private let thread: DeviceThread

    // On the thread.
    private var session: DeviceSession?
    private var fault: AscendError?

    /// Takes a device into use.
    ///
    /// - Parameter options: which device, where CANN is and how to compute.
    /// - Throws: `unavailable`, naming what is missing; what a call reports.
    init(_ options: AscendOptions) throws(AscendError) {
        let library = try CANNLibrary.open(
            .init(
                paths: options.libraryPaths, usesCustomOperators: options.usesCustomOperators,
                without: options.without))
        try library.operators.check(options)
        let thread = try DeviceThread()
        var opened: DeviceSession?
        let (name, count) = try thread.run { () throws(AscendError) -> (String, Int) in
            let session = try DeviceSession(library, options)
            opened = session
            return (session.socName, session.deviceCount)
        }
        self.library = library
        self.options = options
        self.thread = thread
        session = opened
        socName = name
        deviceCount = count
    }

    deinit {
        thread.run { session = nil }
    }

    /// Runs `body` on the device's thread.
    ///
    /// A device that has failed stays closed: its first error is what every later call reports.
    ///
    /// - Throws: what `body` throws, or the failure that closed the device.
    func perform<Result>(
        _ body: (DeviceSession) throws(AscendError) -> Result
    ) throws(AscendError) -> Result {
        try thread.run { () throws(AscendError) -> Result in
            if let fault { throw fault }
            guard let session else { throw AscendError(.fault, "the device is closed") }
            do throws(AscendError) {
                return try body(session)
            } catch {
                if error.code == .fault { fault = error }
                throw error
            }
        }
    }

    /// Drops what lives on the device's thread, whatever state the device is in.
    func release(_ body: () -> Void) {
        thread.run(body)
    }
}

extension OperatorFunctions {
    /// Checks that the operators which the options ask for are there.
    ///
    /// - Throws: `unavailable`, naming the operator and the option.
    func check(_ options: AscendOptions) throws(AscendError) {
        let wanted = [
            (
                "weights=nz", "aclnnGroupedMatmulWeightNz", options.weightFormat == .nz,
                groupedMatmulNZ == nil
            ),
            (
                "quantize=device", "aclnnMoeInitRoutingV3", options.quantization == .device,
                initRouting == nil
            ),
            (
                "select=device", "aclnnMoeGatingTopK", options.selection == .device,
                gatingTopK == nil
            ),
        ]
        for (option, name, isAsked, isMissing) in wanted where isAsked && isMissing {
            throw AscendError(.unavailable, "\(option) needs \(name), which this release lacks")
        }
    }
}
