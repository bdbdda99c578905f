internal import CANN

/// A grouped int8 GEMM on the device: to int32, or scaled to 16 bits.
///
/// CANN's GroupedMatmul, used for stage 4 and stage 6 of a block, and for the operator on its own.
final class GroupedMatmulStage {
    private let x: TensorList
    private let rowScale: TensorList?
    private let counts: DeviceTensor
    private let out: TensorList
    private let expertCount: Int
    private let function: GroupedMatmulFunction
    private var call: OperatorCall

    /// What the products are multiplied by on their way to 16 bits.
    struct Scales {
        /// One factor per channel, `[E, N]`.
        let channel: OwnedList
        /// One factor per row, `[M]`.
        let row: UnsafeMutableRawPointer
        /// The type of the result.
        let output: DeviceElement
    }

    private let channelScale: OwnedList?
    private let weights: OwnedList

    /// The operator at given addresses.
    ///
    /// - Parameters:
    ///   - x: the rows, `[M, K]` int8.
    ///   - weights: the matrices, `[E, K, N]`.
    ///   - counts: the rows of every matrix, `[E]` int64.
    ///   - size: M, K, N and E.
    ///   - scales: what the products are multiplied by; nil for int32.
    ///   - out: receives the products, `[M, N]`.
    ///   - session: the device.
    /// - Throws: `call` if a tensor cannot be described.
    init(
        x: UnsafeMutableRawPointer, weights: OwnedList, counts: UnsafeMutableRawPointer,
        size: (rows: Int, depth: Int, columns: Int, experts: Int), scales: Scales?,
        out: UnsafeMutableRawPointer, _ session: DeviceSession
    ) throws(AscendError) {
        let library = session.library
        self.x = try TensorList(
            DeviceTensor(.int8, [size.rows, size.depth], at: x, library), library)
        if let scales {
            rowScale = try TensorList(
                DeviceTensor(.float32, [size.rows], at: scales.row, library), library)
        } else {
            rowScale = nil
        }
        self.counts = try DeviceTensor(.int64, [size.experts], at: counts, library)
        self.out = try TensorList(
            DeviceTensor(
                scales?.output ?? .int32, [size.rows, size.columns], at: out, library), library)
        channelScale = scales?.channel
        self.weights = weights
        expertCount = size.experts
        function = try session.library.operators.groupedMatmul(session.options.weightFormat)
        call = function.call
    }

    deinit {
        call.forget()
    }

    /// Puts the operator on the stream.
    func enqueue(on session: DeviceSession) throws(AscendError) {
        let rowScale = optionalHandle(of: rowScale)
        // A list of one count is refused by some releases where it means counts; as a sum it is
        // the same number.
        let arguments = GroupedMatmulArguments(
            x: x.handle, weights: weights.handle, channelScale: channelScale?.handle,
            rowScale: rowScale,
            groups: counts.handle, groupsAreCounts: expertCount > 1, out: out.handle)
        try call.enqueue(on: session) { size, executor in
            function.plan(arguments, size, executor)
        }
    }

    private func optionalHandle(of list: borrowing TensorList?) -> OpaquePointer? {
        switch list {
        case .some(let list): list.handle
        case .none: nil
        }
    }
}
