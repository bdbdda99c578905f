internal import CANN
internal import MoE

/// Stage 5 on the device: dequantise, SwiGLU, quantise.
///
/// CANN's DequantSwigluQuant, used for a block and for the operator on its own. Groups are always given: without
/// them the operator would quietly compute mode 0.
final class ActivationStage {
    private let x: DeviceTensor
    private let rowScale: DeviceTensor?
    private let smooth: DeviceTensor?
    private let counts: DeviceTensor
    private let y: DeviceTensor
    private let scale: DeviceTensor
    private let weightScale: OwnedTensor?
    private let activation: SwiGLU
    private let gateIsLeft: Bool
    private let function: ActivationFunction
    private var call: OperatorCall

    /// Where the rows come from.
    enum Input {
        /// int32, `[M, 2H]`, with a factor per column, `[G, 2H]`, and per row, `[M]`.
        case accumulators(
            UnsafeMutableRawPointer, weightScale: OwnedTensor, rowScale: UnsafeMutableRawPointer)
        /// bfloat16, `[M, 2H]`, scaled already.
        case bfloat16(UnsafeMutableRawPointer)
    }

    /// What the operator computes, beside addresses.
    struct Parameters {
        /// M, H and G.
        let size: (rows: Int, width: Int, groups: Int)
        let activation: SwiGLU
        let gate: DequantSwiGLUQuant.Gate
    }

    /// The operator at given addresses.
    ///
    /// - Parameters:
    ///   - input: the rows.
    ///   - counts: the rows of every group, `[G]` int64.
    ///   - smooth: factors before the quantisation, `[G, H]` float32.
    ///   - parameters: sizes and activation.
    ///   - y: receives the integers, `[M, H]`.
    ///   - scale: receives their scales, `[M]`.
    ///   - session: the device.
    /// - Throws: `call` if a tensor cannot be described, `unsupported` if this release lacks the
    ///   operator's second version and the activation needs it.
    init(
        _ input: Input, counts: UnsafeMutableRawPointer, smooth: UnsafeMutableRawPointer? = nil,
        _ parameters: Parameters, y: UnsafeMutableRawPointer, scale: UnsafeMutableRawPointer,
        _ session: DeviceSession
    ) throws(AscendError) {
        let library = session.library, (rows, width, groups) = parameters.size
        switch input {
        case .accumulators(let x, let weightScale, let rowScale):
            self.x = try DeviceTensor(.int32, [rows, 2 * width], at: x, library)
            self.weightScale = weightScale
            self.rowScale = try DeviceTensor(.float32, [rows], at: rowScale, library)
        case .bfloat16(let x):
            self.x = try DeviceTensor(.bfloat16, [rows, 2 * width], at: x, library)
            weightScale = nil
            rowScale = nil
        }
        if let smooth {
            self.smooth = try DeviceTensor(.float32, [groups, width], at: smooth, library)
        } else {
            self.smooth = nil
        }
        self.counts = try DeviceTensor(.int64, [groups], at: counts, library)
        self.y = try DeviceTensor(.int8, [rows, width], at: y, library)
        self.scale = try DeviceTensor(.float32, [rows], at: scale, library)
        activation = parameters.activation
        // Interleaved columns have no halves; the operator wants the flag all the same.
        if case .interleavedClamped = activation {
            gateIsLeft = true
        } else {
            gateIsLeft = parameters.gate == .left
        }
        function = try library.operators.activation(activation)
        call = function.call
    }

    deinit {
        call.forget()
    }

    /// Puts the operator on the stream.
    func enqueue(on session: DeviceSession) throws(AscendError) {
        let arguments = ActivationArguments(
            x: x.handle, weightScale: weightScale?.handle, rowScale: optionalHandle(of: rowScale),
            smooth: optionalHandle(of: smooth), groups: counts.handle, gateIsLeft: gateIsLeft,
            activation: activation, y: y.handle, scale: scale.handle)
        try call.enqueue(on: session) { size, executor in
            function.plan(arguments, size, executor)
        }
    }
}
