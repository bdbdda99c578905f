public import MoE

extension AscendBackend {
    /// A grouped int8 GEMM on the device.
    ///
    /// - Parameters:
    ///   - x: the rows, `[R, K]`.
    ///   - weights: one matrix `[N, K]` per group, checked by the caller.
    ///   - groups: which rows belong to which matrix; rows past the sum become 0.
    ///   - threads: not looked at.
    /// - Returns: the exact int32 accumulators, `[R, N]`.
    /// - Throws: `unsupported` for what the device does not take; `ascend-memory`, `ascend-call` or
    ///   `ascend-fault` for a call of CANN.
    public func groupedMatmul(
        _ x: Matrix<Int8>, _ weights: [Matrix<Int8>], groups: GroupIndex, threads: Int
    ) throws(MoEError) -> Matrix<Int32> {
        do throws(AscendError) {
            return try device.groupedMatmul(x, weights, groups: groups)
        } catch {
            throw MoEError(error)
        }
    }

    /// The fused operator on the device.
    ///
    /// The integers may be one step beside the CPU's where a quotient is next to a tie.
    ///
    /// - Parameters:
    ///   - call: the input and the options.
    ///   - threads: not looked at.
    /// - Returns: `values` `[T, H]` and `scale` `[T]`; rows past the groups are 0 with scale 0.
    /// - Throws: what ``MoE/DequantSwiGLUQuant/validate()`` throws; `unsupported` for what the device
    ///   does not take: bias, static quantisation, float16, 2H above the kernel's limit or no
    ///   multiple of 64; `ascend-memory`, `ascend-call` or `ascend-fault` for a call of CANN.
    public func dequantSwiGLUQuant(
        _ call: DequantSwiGLUQuant, threads: Int
    ) throws(MoEError) -> QuantizedRows {
        try call.validate()
        do throws(AscendError) {
            return try device.dequantSwiGLUQuant(call)
        } catch {
            throw MoEError(error)
        }
    }
}
