internal import MoE

/// The stages of a pass at fixed addresses, ready to be put on the stream again and again.
final class PassPlan {
    let pass: PlacedPass
    /// Of which memory the addresses are; see ``DeviceSession/generation``.
    let generation: Int
    private let routing: RoutingStage?
    private let gateUp: GroupedMatmulStage
    private let activation: ActivationStage
    private let down: GroupedMatmulStage
    private let combine: CombineStage?

    /// The stages for a shape.
    ///
    /// - Parameters:
    ///   - shape: the pass.
    ///   - weights: the experts.
    ///   - activation: what happens between the two projections.
    ///   - session: the device.
    /// - Throws: `memory` if the rows do not fit; what a call reports.
    init(
        _ shape: PassShape, weights: DeviceWeights, activation: SwiGLU, _ session: DeviceSession
    ) throws(AscendError) {
        let experts = weights.shape, count = experts.expertCount, options = session.options
        let layout = PassLayout(shape, experts, output: options.outputType)
        let pass = PlacedPass(
            shape, experts, layout, at: try session.activations(layout.byteCount))
        let operators = session.library.operators

        if let initRouting = operators.initRouting, shape.input != .rows {
            routing = try RoutingStage(initRouting, pass, session.library)
        } else {
            routing = nil
        }
        gateUp = try GroupedMatmulStage(
            x: pass[layout.rows], weights: weights.gateUp, counts: pass[layout.counts],
            size: (shape.rows, experts.hiddenSize, 2 * experts.expertWidth, count), scales: nil,
            out: pass[layout.accumulators], session)
        self.activation = try ActivationStage(
            .accumulators(
                pass[layout.accumulators], weightScale: weights.gateUpScale,
                rowScale: pass[layout.rowScale]),
            counts: pass[layout.counts], smooth: weights.smooth,
            .init(
                size: (shape.rows, experts.expertWidth, count), activation: activation,
                gate: .left),
            y: pass[layout.activated], scale: pass[layout.activatedScale], session)
        down = try GroupedMatmulStage(
            x: pass[layout.activated], weights: weights.down, counts: pass[layout.counts],
            size: (shape.rows, experts.expertWidth, experts.hiddenSize, count),
            scales: .init(
                channel: weights.downScale, row: pass[layout.activatedScale],
                output: options.outputType),
            out: pass[layout.outputRows], session)
        if let function = operators.combine(options.output), shape.output == .sums {
            combine = try CombineStage(
                function, pass, output: options.outputType, session.library)
        } else {
            combine = nil
        }
        self.pass = pass
        generation = session.generation
    }

    /// Puts the whole pass on the stream: inputs to the device, stages, results to the host.
    ///
    /// - Parameters:
    ///   - input: the inputs on the host, laid out as on the device.
    ///   - output: receives the results.
    ///   - byteCount: how many bytes of the results are wanted.
    ///   - session: the device.
    /// - Throws: what a call reports.
    func enqueue(
        input: UnsafeRawPointer, output: UnsafeMutableRawPointer, byteCount: Int,
        on session: DeviceSession
    ) throws(AscendError) {
        try session.upload(input, to: pass[0], count: pass.layout.inputByteCount)
        try routing?.enqueue(on: session)
        try gateUp.enqueue(on: session)
        try activation.enqueue(on: session)
        try down.enqueue(on: session)
        try combine?.enqueue(on: session)
        let results = combine == nil ? pass.layout.outputRows : pass.layout.sums
        try session.download(pass[results], to: output, count: byteCount)
    }
}

/// The plans of a layer, by shape: those that were used last.
final class PassPlans {
    private let weights: DeviceWeights
    private let activation: SwiGLU
    private var plans: [PassShape: (plan: PassPlan, lastUse: Int)] = [:]
    private var uses = 0
    private static let mostPlans = 16

    /// No plans yet.
    init(weights: DeviceWeights, activation: SwiGLU) {
        self.weights = weights
        self.activation = activation
    }

    /// The sizes of the experts.
    var experts: ExpertShape { weights.shape }

    /// The plan for a shape, made anew if the shared memory was replaced since.
    ///
    /// - Throws: what ``PassPlan`` throws.
    func plan(_ shape: PassShape, _ session: DeviceSession) throws(AscendError) -> PassPlan {
        uses += 1
        if let known = plans[shape]?.plan, known.generation == session.generation {
            plans[shape]?.lastUse = uses
            return known
        }
        plans[shape] = nil
        if plans.count >= Self.mostPlans,
            let oldest = plans.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            plans[oldest.key] = nil
        }
        let plan = try PassPlan(shape, weights: weights, activation: activation, session)
        plans[shape] = (plan, uses)
        return plan
    }

    /// Drops a plan whose pass failed: nothing of it is in flight.
    func forget(_ shape: PassShape) {
        plans[shape] = nil
    }
}
