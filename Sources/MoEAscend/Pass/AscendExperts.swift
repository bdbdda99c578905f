internal import MoE

/// Experts on the device: stages 4 to 6, dispatch before and the weighted sum after them where the
/// device can do those too.
final class AscendExperts: ExpertPass, @unchecked Sendable {
    let device: AscendDevice
    let shape: ExpertShape
    // On the device's thread.
    private var plans: PassPlans?

    /// Puts experts on a device.
    ///
    /// - Parameters:
    ///   - experts: the experts, checked.
    ///   - shape: their sizes.
    ///   - activation: what happens between the two projections.
    ///   - device: the device.
    /// - Throws: `memory` if they do not fit, what a call reports.
    init(
        _ experts: [Expert<QuantizedMatrix>], shape: ExpertShape, activation: SwiGLU,
        on device: AscendDevice
    ) throws(AscendError) {
        var plans: PassPlans?
        try device.perform { session throws(AscendError) in
            plans = PassPlans(
                weights: try DeviceWeights(experts, shape: shape, session), activation: activation)
        }
        self.device = device
        self.shape = shape
        self.plans = plans
    }

    deinit {
        device.release { plans = nil }
    }

    var readsQuantizedTokens: Bool { device.options.quantization == .host }

    func forward(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch,
        into rows: inout ExpertRows, sum: SlotSum?, threads: Int
    ) throws(MoEError) {
        let path = BatchPath(dispatch, sum, device.options, device.library.operators)
        if path.sum == nil { rows.output.resize(dispatch.rowCount * shape.hiddenSize) }
        do throws(AscendError) {
            try run(path, tokens, dispatch, into: path.sum?.output ?? rows.output.base)
        } catch {
            throw MoEError(error)
        }
        if let sum, path.sum == nil { Combine.sum(rows, sum, threads: threads) }
    }

    /// Takes a batch through the device in as few turns as the memory for activations allows.
    ///
    /// - Parameters:
    ///   - path: what the device does with it.
    ///   - tokens: the batch.
    ///   - dispatch: the rows of every expert.
    ///   - results: receives the sums, or the rows.
    ///   - inspect: sees every turn when it is done, while its rows are still on the device.
    /// - Throws: what a call reports.
    func run(
        _ path: BatchPath, _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch,
        into results: UnsafeMutablePointer<Float>,
        inspect: (PlacedPass, DeviceSession) throws(AscendError) -> Void = { _, _ in }
    ) throws(AscendError) {
        let most = mostTokens(path), count = path.count(tokens, dispatch)
        try device.perform { session throws(AscendError) in
            guard let plans else { return }
            for first in stride(from: 0, to: count, by: most) {
                let range = first..<min(first + most, count)
                let size = path.maySpare ? min(PassShape.rounded(range.count), most) : range.count
                let shape = path.shape(size, device.options)
                let plan = try plans.plan(shape, session)
                let turn = try Turn(plan, results: range.count, session)
                path.write(range, of: tokens, dispatch, to: turn.input)
                do throws(AscendError) {
                    try turn.run(session)
                } catch {
                    plans.forget(shape)
                    throw error
                }
                turn.output.widen(
                    range.count * self.shape.hiddenSize,
                    into: results + first * self.shape.hiddenSize)
                try inspect(plan.pass, session)
            }
        }
    }

    /// How many tokens, or rows, fit the memory for activations at once; at least one.
    func mostTokens(_ path: BatchPath) -> Int {
        let options = device.options, widest = max(2 * shape.expertWidth, shape.hiddenSize)
        var most = DeviceLimits.mostTokens
        while most > 1 {
            let pass = path.shape(most, options)
            let layout = PassLayout(pass, shape, output: options.outputType)
            if layout.byteCount <= options.activationMemory,
                pass.rows <= DeviceLimits.mostElements / widest
            {
                break
            }
            most /= 2
        }
        return most
    }
}
