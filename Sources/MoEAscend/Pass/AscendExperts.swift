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
        do throws(AscendError) {
            try forward(tokens, dispatch, into: &rows, sum: sum)
        } catch {
            throw MoEError(error)
        }
        if let sum, !sumsOnDevice(sum, dispatch) { Combine.sum(rows, sum, threads: threads) }
    }

    /// Whether the device sums a token's rows: it has the operator, and every slot has a row.
    private func sumsOnDevice(_ sum: SlotSum, _ dispatch: borrowing Dispatch) -> Bool {
        device.library.operators.combine(device.options.output) != nil
            && sum.slots <= DeviceLimits.mostSlots
            && dispatch.rowCount == sum.tokenCount * sum.slots
    }

    /// Whether the device sorts tokens by expert.
    private var canRoute: Bool { device.library.operators.initRouting != nil }

    private func forward(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch,
        into rows: inout ExpertRows, sum: SlotSum?
    ) throws(AscendError) {
        let isQuantized = readsQuantizedTokens, hidden = shape.hiddenSize
        if let sum, sumsOnDevice(sum, dispatch) {
            // Weights on the input are part of a row's scale, and the device knows scales of tokens.
            let isSorted = canRoute && dispatch.inputWeights == nil
            let tokensIn: PassShape.Input = isQuantized ? .quantizedTokens : .floatTokens
            try turns(
                of: tokens.count, slots: sum.slots, isSorted ? tokensIn : .rows, .sums,
                into: sum.output
            ) { input, range in
                if isSorted {
                    input.write(tokens, range)
                } else {
                    input.writeSorted(range, tokens, sum, dispatch, isQuantized: isQuantized)
                }
                input.writeSlots(sum, range)
            }
            return
        }
        rows.output.resize(dispatch.rowCount * hidden)
        let output = rows.output.base
        if sum == nil, !isQuantized, canRoute, shape.expertCount == 1 {
            // A shared expert whose tokens the device quantises: the routing stage does that.
            try turns(of: tokens.count, slots: 1, .floatTokens, .rows, into: output) {
                input, range in
                input.write(tokens, range)
                input.writeOneExpert()
            }
        } else {
            try turns(of: dispatch.rowCount, slots: 1, .rows, .rows, into: output) {
                input, range in
                input.write(rows: range, tokens, dispatch, isQuantized: isQuantized)
            }
        }
    }

    /// Takes a batch through the device in as few turns as the memory for activations allows.
    ///
    /// - Parameters:
    ///   - count: how many tokens, or rows where rows go in.
    ///   - slots: slots of a token.
    ///   - input: what the host hands over.
    ///   - output: what it takes back.
    ///   - results: receives the results of the batch.
    ///   - write: writes the inputs of a part of the batch.
    /// - Throws: what a call reports.
    private func turns(
        of count: Int, slots: Int, _ input: PassShape.Input, _ output: PassShape.Output,
        into results: UnsafeMutablePointer<Float>, write: (PassInput, Range<Int>) -> Void
    ) throws(AscendError) {
        try device.perform { session throws(AscendError) in
            guard let plans else { return }
            func passShape(_ tokens: Int) -> PassShape {
                PassShape(input: input, output: output, tokens: tokens, slots: slots)
            }
            let most = mostTokens(passShape)
            for first in stride(from: 0, to: count, by: most) {
                let range = first..<min(first + most, count)
                // Rows that the host has sorted have no place for tokens that fill a shape up.
                let isExact = input == .rows && output == .sums
                let size = isExact ? range.count : min(PassShape.rounded(range.count), most)
                try turn(
                    plans, passShape(size), range, into: results + first * shape.hiddenSize,
                    session, write: write)
            }
        }
    }

    /// One turn: inputs written, everything put on the stream, waited for, results read.
    private func turn(
        _ plans: PassPlans, _ pass: PassShape, _ range: Range<Int>,
        into results: UnsafeMutablePointer<Float>, _ session: DeviceSession,
        write: (PassInput, Range<Int>) -> Void
    ) throws(AscendError) {
        let plan = try plans.plan(pass, session)
        let count = range.count * shape.hiddenSize
        let byteCount = count * session.options.outputType.size
        let staging = try session.staging(
            input: plan.pass.layout.inputByteCount, output: byteCount)
        write(PassInput(plan.pass, at: staging.input), range)
        do throws(AscendError) {
            try session.complete { () throws(AscendError) in
                try plan.enqueue(
                    input: staging.input, output: staging.output, byteCount: byteCount,
                    on: session)
            }
        } catch {
            plans.forget(pass)
            throw error
        }
        PassOutput(type: session.options.output, base: UnsafeRawPointer(staging.output))
            .widen(count, into: results)
    }

    /// How many tokens fit the memory for activations at once; at least one.
    private func mostTokens(_ passShape: (Int) -> PassShape) -> Int {
        var most = DeviceLimits.mostTokens
        while most > 1 {
            let pass = passShape(most)
            let layout = PassLayout(pass, shape, output: device.options.outputType)
            let widest = max(2 * shape.expertWidth, shape.hiddenSize)
            if layout.byteCount <= device.options.activationMemory,
                pass.rows <= DeviceLimits.mostElements / widest
            {
                break
            }
            most /= 2
        }
        return most
    }
}
