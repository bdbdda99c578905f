internal import CANN
internal import MoE

/// What the backend gives the fused operator; bias and offset are always absent.
struct ActivationArguments {
    let x: OpaquePointer
    let weightScale: OpaquePointer?
    let rowScale: OpaquePointer?
    let smooth: OpaquePointer?
    let groups: OpaquePointer?
    let gateIsLeft: Bool
    let activation: SwiGLU
    let y: OpaquePointer
    let scale: OpaquePointer
}

/// The fused operator of a release: its second version, or the first for plain SwiGLU.
enum ActivationFunction {
    case v2(OperatorFunction<cann_aclnnDequantSwigluQuantV2GetWorkspaceSize>)
    case v1(OperatorFunction<cann_aclnnDequantSwigluQuantGetWorkspaceSize>)

    /// A call that has not been planned.
    var call: OperatorCall {
        switch self {
        case .v2(let function): OperatorCall(function)
        case .v1(let function): OperatorCall(function)
        }
    }

    /// The first phase.
    func plan(
        _ a: ActivationArguments, _ size: UnsafeMutablePointer<UInt64>,
        _ executor: UnsafeMutablePointer<OpaquePointer?>
    ) -> cann_status {
        switch self {
        case .v2(let function):
            let numbers = a.activation.parameters
            return function.plan(
                a.x, a.weightScale, a.rowScale, /* bias: */ nil, a.smooth, /* offset: */ nil,
                a.groups, a.gateIsLeft, OperatorText.dynamic, /* to int8: */ 2,
                OperatorText.roundToEven, /* last axis: */ -1, Int64(a.activation.mode),
                Double(numbers.limit), Double(numbers.alpha), Double(numbers.bias), a.y, a.scale,
                size, executor)
        case .v1(let function):
            return function.plan(
                a.x, a.weightScale, a.rowScale, /* bias: */ nil, a.smooth, /* offset: */ nil,
                a.groups, a.gateIsLeft, OperatorText.dynamic, a.y, a.scale, size, executor)
        }
    }
}

extension OperatorFunctions {
    /// The fused operator for an activation.
    ///
    /// - Throws: `unsupported` if this release has it for plain SwiGLU only.
    func activation(_ activation: SwiGLU) throws(AscendError) -> ActivationFunction {
        if let dequantSwiGLUQuantV2 { return .v2(dequantSwiGLUQuantV2) }
        guard let dequantSwiGLUQuantV1, activation == .plain else {
            throw DeviceLimits.unsupported(
                "swiglu_mode \(activation.mode) needs aclnnDequantSwigluQuantV2, which this "
                    + "release lacks")
        }
        return .v1(dequantSwiGLUQuantV1)
    }
}

extension SwiGLU {
    /// The numbers of a clamped activation; the operator's defaults where it uses none.
    fileprivate var parameters: ClampedSwiGLU {
        switch self {
        case .clamped(let parameters), .interleavedClamped(let parameters): parameters
        case .plain, .clampedAfter: ClampedSwiGLU()
        }
    }
}

/// Options that operators take as text, kept for the life of the process: executors may point there.
private enum OperatorText {
    nonisolated(unsafe) static let dynamic = forever("dynamic")
    nonisolated(unsafe) static let roundToEven = forever("rint")

    private static func forever(_ text: StaticString) -> UnsafeMutablePointer<CChar> {
        let count = text.utf8CodeUnitCount
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: count + 1)
        for index in 0..<count { copy[index] = CChar(bitPattern: text.utf8Start[index]) }
        copy[count] = 0
        return copy
    }
}
