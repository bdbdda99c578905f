internal import MoE

/// A plan with memory on the host for what goes in and what comes back: one way through the device.
struct Turn {
    private let plan: PassPlan
    private let staging: (input: UnsafeMutableRawPointer, output: UnsafeMutableRawPointer)
    private let byteCount: Int
    private let type: AscendOptions.Output

    /// A turn.
    ///
    /// - Parameters:
    ///   - plan: the stages.
    ///   - results: how many of its sums or rows are wanted.
    ///   - session: the device.
    /// - Throws: what a call reports.
    init(_ plan: PassPlan, results: Int, _ session: DeviceSession) throws(AscendError) {
        self.plan = plan
        type = session.options.output
        byteCount = results * plan.pass.experts.hiddenSize * session.options.outputType.size
        staging = try session.staging(
            input: plan.pass.layout.inputByteCount, output: byteCount)
    }

    /// Where the inputs are written before ``run(_:)``.
    var input: PassInput { PassInput(plan.pass, at: staging.input) }

    /// The results, after ``run(_:)``.
    var output: PassOutput { PassOutput(type: type, base: UnsafeRawPointer(staging.output)) }

    /// Takes the inputs through all stages and waits for the results.
    ///
    /// - Throws: what a call reports; nothing is in flight then.
    func run(_ session: DeviceSession) throws(AscendError) {
        try session.complete { () throws(AscendError) in
            try plan.enqueue(
                input: staging.input, output: staging.output, byteCount: byteCount, on: session)
        }
    }
}
