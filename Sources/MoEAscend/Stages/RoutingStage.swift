internal import CANN
internal import MoE

/// Stage 2 on the device, and stage 3 where it quantises.
///
/// CANN's MoeInitRoutingV3: rows in expert order, their counts, and the way back.
final class RoutingStage {
    private let x: DeviceTensor
    private let experts: DeviceTensor
    private let scale: DeviceTensor?
    private let range: IntArray
    private let rows: DeviceTensor
    private let rowOfSlot: DeviceTensor
    private let counts: DeviceTensor
    private let rowScale: DeviceTensor
    private let rowCount: Int
    private let expertCount: Int
    private var call: OperatorCall
    private let function: OperatorFunction<cann_aclnnMoeInitRoutingV3GetWorkspaceSize>

    /// The operator at the addresses of a pass.
    ///
    /// - Parameters:
    ///   - function: the operator.
    ///   - pass: where everything lies; tokens in int8 with a scale, or in float32.
    ///   - library: CANN.
    /// - Throws: `call` if a tensor cannot be described.
    init(
        _ function: OperatorFunction<cann_aclnnMoeInitRoutingV3GetWorkspaceSize>,
        _ pass: PlacedPass, _ library: CANNLibrary
    ) throws(AscendError) {
        let shape = pass.shape, layout = pass.layout, hidden = pass.experts.hiddenSize
        let isQuantized = shape.input == .quantizedTokens
        x = try DeviceTensor(
            isQuantized ? .int8 : .float32, [shape.tokens, hidden], at: pass[layout.tokens], library
        )
        experts = try DeviceTensor(
            .int32, [shape.tokens, shape.slots], at: pass[layout.expertOfSlot], library)
        scale =
            isQuantized
            ? try DeviceTensor(.float32, [shape.tokens], at: pass[layout.tokenScale], library) : nil
        range = try IntArray([0, Int64(pass.experts.expertCount)], library)
        rows = try DeviceTensor(.int8, [shape.rows, hidden], at: pass[layout.rows], library)
        rowOfSlot = try DeviceTensor(.int32, [shape.rows], at: pass[layout.rowOfSlot], library)
        counts = try DeviceTensor(
            .int64, [pass.experts.expertCount], at: pass[layout.counts], library)
        rowScale = try DeviceTensor(.float32, [shape.rows], at: pass[layout.rowScale], library)
        rowCount = shape.rows
        expertCount = pass.experts.expertCount
        self.function = function
        call = OperatorCall(function)
    }

    deinit {
        call.forget()
    }

    /// Puts the operator on the stream.
    func enqueue(on session: DeviceSession) throws(AscendError) {
        // No token is dropped, so the capacity is none and every row is active. Counts rather than
        // sums, of type int64, are what the next stages read as they are.
        let scale = optionalHandle(of: scale)
        try call.enqueue(on: session) { size, executor in
            function.plan(
                x.handle, experts.handle, scale, /* offset: */ nil, /* active: */ Int64(rowCount),
                /* capacity: */ 0, Int64(expertCount), /* drop and pad: */ 0, /* counts: */ 1,
                /* give counts: */ true, /* quantise: */ scale == nil ? 1 : -1, range.handle,
                /* rows by slot: */ 0, rows.handle, rowOfSlot.handle, counts.handle,
                rowScale.handle, size, executor)
        }
    }
}

/// The handle of a tensor that there may be.
func optionalHandle(of tensor: borrowing DeviceTensor?) -> OpaquePointer? {
    switch tensor {
    case .some(let tensor): tensor.handle
    case .none: nil
    }
}
