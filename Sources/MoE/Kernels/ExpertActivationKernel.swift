internal import MoEKernels

/// The activation stage of an expert, between its two GEMMs, on memory of the caller.
///
/// It is the fused operator as the block uses it: gate columns first, dynamic quantisation, rows
/// of one expert. Nothing is allocated and nothing is checked.
package struct ExpertActivationKernel: Sendable {
    private let kernels: OperatorKernels
    private let parameters: moe_activation
    private let isGated: Bool
    private let width: Int

    /// What the rows of one expert share.
    package struct Factors {
        /// One factor per accumulator column, `[2H]`.
        package var weightScale: UnsafePointer<Float>
        /// Added after both scales, `[2H]`; nil for none.
        package var bias: UnsafePointer<Float>?
        /// What the activated row is multiplied by before it is quantised, `[H]`; nil for none.
        package var smooth: UnsafePointer<Float>?

        /// The factors of one expert.
        package init(
            weightScale: UnsafePointer<Float>, bias: UnsafePointer<Float>? = nil,
            smooth: UnsafePointer<Float>? = nil
        ) {
            self.weightScale = weightScale
            self.bias = bias
            self.smooth = smooth
        }
    }

    /// The stage for experts of one width and an activation of the operator.
    ///
    /// - Parameters:
    ///   - activation: the activation on halves, so not the interleaved one.
    ///   - width: H, the number of gate columns.
    ///   - kernels: the instruction set's kernels.
    package init(activation: SwiGLU, width: Int, kernels: OperatorKernels = .chosen) {
        self.kernels = kernels
        self.parameters = activation.parameters
        self.isGated = true
        self.width = width
    }

    /// The stage for experts of one width and any activation.
    ///
    /// - Parameters:
    ///   - activation: the activation.
    ///   - width: H, the number of up columns.
    ///   - kernels: the instruction set's kernels.
    package init(activation: Activation, width: Int, kernels: OperatorKernels = .chosen) {
        self.kernels = kernels
        self.parameters = activation.parameters
        self.isGated = activation.isGated
        self.width = width
    }

    /// Columns of the first projection: 2H, or H without a gate.
    package var inputWidth: Int { isGated ? 2 * width : width }

    /// How many floats of scratch memory ``run(rows:accumulators:stride:activationScale:factors:scratch:values:valueStride:scale:)``
    /// needs.
    package var scratchCount: Int { 2 * width }

    /// Dequantises, activates and quantises rows of one expert.
    ///
    /// - Parameters:
    ///   - rows: how many rows.
    ///   - accumulators: the products, gate columns then up columns, ``inputWidth`` of every row
    ///     used.
    ///   - stride: from one row of accumulators to the next, in elements.
    ///   - activationScale: one factor per row, `[rows]`; nil for none.
    ///   - factors: what the rows share.
    ///   - scratch: ``scratchCount`` floats, overwritten.
    ///   - values: where the integers go, H of every row written.
    ///   - valueStride: from one row of integers to the next, in elements.
    ///   - scale: where the scales go, `[rows]`.
    package func run(
        rows: Int, accumulators: UnsafePointer<Int32>, stride: Int,
        activationScale: UnsafePointer<Float>?, factors: Factors,
        scratch: UnsafeMutablePointer<Float>,
        values: UnsafeMutablePointer<Int8>, valueStride: Int, scale: UnsafeMutablePointer<Float>
    ) {
        let up = isGated ? width : 0
        var tile = moe_product_rows(
            rows: rows, columns: width,
            products: moe_gate_up(
                gate: accumulators, up: accumulators + up, stride: stride,
                gate_scale: factors.weightScale, up_scale: factors.weightScale + up,
                gate_bias: factors.bias, up_bias: factors.bias.map { $0 + up },
                row_scale: activationScale, activation: parameters),
            smooth: moe_row_factors(values: factors.smooth, step: 1), rounding: MOE_SCALE_DIVIDED,
            scratch: scratch, y: values, y_stride: valueStride, scale: scale)
        kernels.table.functions.quantize_products(&tile)
    }

    /// The activation alone, for experts of float weights.
    ///
    /// - Parameters:
    ///   - gateUp: one row, gate columns then up columns, ``inputWidth``.
    ///   - result: where the activated row goes, `[H]`: either half of `gateUp`, or apart from it.
    package func activate(
        gateUp: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>
    ) {
        kernels.table.functions.activate(
            Int64(width), parameters, gateUp, isGated ? gateUp + width : gateUp, result)
    }
}
