public import MoE

/// The int8 block on an Ascend device, Atlas A2 or A3, through CANN.
///
/// CANN is found at run time; nothing of it is needed to build a program that has this backend, or
/// to run it elsewhere. A layer's weights are copied to the device once, when a block is made; the
/// rows between the stages never leave it.
///
/// ```swift
/// let block = try MoEBlock(layer, backend: AscendBackend())
/// ```
///
/// Routing, and quantising the tokens' rows, stay with the host by default, exact as on the CPU. The
/// rows that the experts give are bfloat16 or float16. What the device's operators cannot take is
/// refused with `unsupported` before anything is copied; ``offer(_:)`` lets `auto` compute it on the
/// CPU.
///
/// One thread of the backend's own makes all calls of CANN; blocks and callers take turns.
public struct AscendBackend: ExpertBackend {
    let device: AscendDevice

    /// The name, `ascend`.
    public var name: String { BackendName.ascend.rawValue }

    /// Finds CANN and takes a device into use.
    ///
    /// - Parameter options: which device, and how it computes.
    /// - Throws: `unavailable`, naming the library, the function or the device that is missing; what
    ///   a call of CANN reports.
    public init(_ options: AscendOptions = AscendOptions()) throws(AscendError) {
        device = try AscendDevice(options)
    }

    /// Says whether the device can compute a set of experts.
    ///
    /// - Parameters:
    ///   - experts: the weights, all of `shape`.
    ///   - shape: the sizes.
    ///   - activation: what happens between the two projections.
    /// - Throws: `unsupported`, naming what the device does not take and its limit.
    public func check(
        _ experts: borrowing ExpertWeights, shape: ExpertShape, activation: Activation
    ) throws(MoEError) {
        do throws(AscendError) {
            try DeviceLimits.check(
                experts, shape: shape, activation: activation, options: device.options,
                operators: device.library.operators)
        } catch {
            throw MoEError(error)
        }
    }

    /// Copies a layer's experts to the device.
    ///
    /// - Parameters:
    ///   - experts: the weights, all of `shape`.
    ///   - shape: the sizes.
    ///   - activation: what happens between the two projections.
    /// - Returns: the experts, which hold the device's memory until they are dropped.
    /// - Throws: `unsupported` for what the device does not take; `ascend-memory` if the weights do
    ///   not fit, saying how much is missing; `ascend-call` or `ascend-fault` for a call of CANN.
    public func prepare(
        _ experts: consuming ExpertWeights, shape: ExpertShape, activation: Activation
    ) throws(MoEError) -> PreparedExperts {
        try check(experts, shape: shape, activation: activation)
        do throws(AscendError) {
            guard case .int8(let experts) = consume experts,
                let activation = activation.operatorMode
            else { throw DeviceLimits.unsupported("these experts") }
            return .pass(
                try AscendExperts(experts, shape: shape, activation: activation, on: device))
        } catch {
            throw MoEError(error)
        }
    }
}
