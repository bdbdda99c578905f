internal import MoE

/// A router's selection on the device.
final class AscendSelection: ExpertSelection, @unchecked Sendable {
    private let device: AscendDevice
    private let rule: SelectionRule
    // On the device's thread.
    private var bias: OwnedTensor?
    private var plans: [Int: Plan] = [:]

    /// The stage for a number of tokens, at addresses of the memory that passes share.
    private struct Plan {
        let stage: SelectionStage
        let generation: Int
        let logits: UnsafeMutableRawPointer
        let experts: UnsafeMutableRawPointer
    }

    /// Puts what the selection needs on the device.
    ///
    /// - Parameters:
    ///   - rule: what it selects by.
    ///   - bias: what is added to the scores for the selection, `[E]`.
    ///   - device: the device.
    /// - Throws: what a call reports.
    init(_ rule: SelectionRule, bias: [Float]?, on device: AscendDevice) throws(AscendError) {
        self.device = device
        self.rule = rule
        guard let bias else { return }
        self.bias = try device.perform { session throws(AscendError) in
            let library = session.library
            let memory = try DeviceBuffer(
                byteCount: bias.count * DeviceElement.float32.size, for: "the router's bias",
                library)
            try session.write(bias, to: memory.address)
            let tensor = try DeviceTensor(.float32, [bias.count], at: memory.address, library)
            return OwnedTensor(tensor, memory: memory)
        }
    }

    deinit {
        device.release {
            plans = [:]
            bias = nil
        }
    }

    func select(
        logits: UnsafePointer<Float>, stride: Int, tokens: Int,
        into experts: UnsafeMutablePointer<Int32>
    ) throws(MoEError) {
        do throws(AscendError) {
            for first in Swift.stride(from: 0, to: tokens, by: DeviceLimits.mostTokens) {
                let count = min(DeviceLimits.mostTokens, tokens - first)
                try turn(
                    logits: logits + first * stride, stride: stride, tokens: count,
                    into: experts + first * rule.topK)
            }
        } catch {
            throw MoEError(error)
        }
    }

    private func turn(
        logits: UnsafePointer<Float>, stride: Int, tokens: Int,
        into experts: UnsafeMutablePointer<Int32>
    ) throws(AscendError) {
        try device.perform { session throws(AscendError) in
            let shape = PassShape.rounded(tokens)
            let plan = try plan(shape, session)
            let outBytes = tokens * rule.topK * DeviceElement.int32.size
            let inBytes = shape * rule.experts * DeviceElement.float32.size
            let staging = try session.staging(input: inBytes, output: outBytes)
            let rows = staging.input.assumingMemoryBound(to: Float.self)
            for row in 0..<shape {
                // Tokens that fill the shape up are the first one again.
                let source = logits + (row < tokens ? row : 0) * stride
                (rows + row * rule.experts).update(from: source, count: rule.experts)
            }
            do throws(AscendError) {
                try session.complete { () throws(AscendError) in
                    try session.upload(staging.input, to: plan.logits, count: inBytes)
                    try plan.stage.enqueue(on: session)
                    try session.download(plan.experts, to: staging.output, count: outBytes)
                }
            } catch {
                plans[shape] = nil
                throw error
            }
            let found = staging.output.assumingMemoryBound(to: Int32.self)
            for slot in 0..<tokens * rule.topK {
                guard (0..<rule.experts).contains(Int(found[slot])) else {
                    throw AscendError(
                        .call,
                        "aclnnMoeGatingTopK: expert \(found[slot]) for token \(slot / rule.topK), "
                            + "there are \(rule.experts)", function: "aclnnMoeGatingTopK")
                }
                experts[slot] = found[slot]
            }
        }
    }

    private func plan(_ tokens: Int, _ session: DeviceSession) throws(AscendError) -> Plan {
        if let known = plans[tokens], known.generation == session.generation { return known }
        plans[tokens] = nil
        guard let function = session.library.operators.gatingTopK else {
            throw AscendError(.unavailable, "select=device needs aclnnMoeGatingTopK")
        }
        var places = TensorPlaces()
        let logits = places.place(.float32, tokens * rule.experts)
        let weights = places.place(.float32, tokens * rule.topK)
        let experts = places.place(.int32, tokens * rule.topK)
        let scores = places.place(.float32, tokens * rule.experts)
        let memory = try session.activations(places.byteCount)
        let plan = Plan(
            stage: try SelectionStage(
                function, rule, tokens: tokens,
                at: .init(
                    logits: memory + logits, weights: memory + weights, experts: memory + experts,
                    scores: memory + scores), bias: bias, session.library),
            generation: session.generation, logits: memory + logits, experts: memory + experts)
        plans[tokens] = plan
        return plan
    }
}
