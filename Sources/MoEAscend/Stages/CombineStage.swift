internal import CANN
internal import MoE

/// Stage 7 on the device: every token's weighted sum over its slots.
///
/// CANN's MoeTokenUnpermute, or MoeFinalizeRoutingV2 where that is missing.
final class CombineStage {
    private let rows: DeviceTensor
    private let rowOfSlot: DeviceTensor
    private let weights: DeviceTensor
    private let out: DeviceTensor
    private let function: CombineFunction
    private var call: OperatorCall

    /// The operator at the addresses of a pass.
    ///
    /// - Parameters:
    ///   - function: the operator.
    ///   - pass: where everything lies.
    ///   - output: the type of the rows and of the sums.
    ///   - library: CANN.
    /// - Throws: `call` if a tensor cannot be described.
    init(
        _ function: CombineFunction, _ pass: PlacedPass, output: DeviceElement,
        _ library: CANNLibrary
    ) throws(AscendError) {
        let shape = pass.shape, layout = pass.layout, hidden = pass.experts.hiddenSize
        rows = try DeviceTensor(output, [shape.rows, hidden], at: pass[layout.outputRows], library)
        rowOfSlot = try DeviceTensor(.int32, [shape.rows], at: pass[layout.rowOfSlot], library)
        weights = try DeviceTensor(
            .float32, [shape.tokens, shape.slots], at: pass[layout.weights], library)
        out = try DeviceTensor(output, [shape.tokens, hidden], at: pass[layout.sums], library)
        self.function = function
        call = function.call
    }

    deinit {
        call.forget()
    }

    /// Puts the operator on the stream.
    func enqueue(on session: DeviceSession) throws(AscendError) {
        try call.enqueue(on: session) { size, executor in
            switch function {
            case .unpermute(let function):
                function.plan(
                    rows.handle, rowOfSlot.handle, weights.handle, /* padded: */ false,
                    /* shape to restore: */ nil, out.handle, size, executor)
            case .finalizeRouting(let function):
                // 2: rows by slot, as the routing stage gives them, none dropped.
                function.plan(
                    rows.handle, rowOfSlot.handle, nil, nil, /* bias: */ nil, weights.handle,
                    /* experts: */ nil, 2, out.handle, size, executor)
            }
        }
    }
}

/// The sum over slots of a release.
enum CombineFunction {
    case unpermute(OperatorFunction<cann_aclnnMoeTokenUnpermuteGetWorkspaceSize>)
    case finalizeRouting(OperatorFunction<cann_aclnnMoeFinalizeRoutingV2GetWorkspaceSize>)

    /// A call that has not been planned.
    var call: OperatorCall {
        switch self {
        case .unpermute(let function): OperatorCall(function)
        case .finalizeRouting(let function): OperatorCall(function)
        }
    }
}

extension OperatorFunctions {
    /// What sums slots with float32 weights; nil where the host has to.
    ///
    /// MoeFinalizeRoutingV2 takes float32 weights with bfloat16 rows only, and at least as many
    /// experts as slots, which the router sees to.
    func combine(_ output: AscendOptions.Output) -> CombineFunction? {
        if let unpermute { return .unpermute(unpermute) }
        guard let finalizeRouting, output == .bf16 else { return nil }
        return .finalizeRouting(finalizeRouting)
    }
}
