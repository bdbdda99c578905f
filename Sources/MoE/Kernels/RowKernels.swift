internal import MoEKernels

/// The kernels over rows of a batch, by the chosen instruction set; see `moe_rows.h`.
enum RowKernels {
    private static let table: moe_row_kernels = {
        guard let table = moe_row_kernels_for(InstructionSet.chosen) else {
            preconditionFailure("every instruction set has row kernels")
        }
        return table.pointee
    }()

    /// The products of tokens with rows of a router's weight, in an order of summation that
    /// depends on `width` alone.
    ///
    /// - Parameters:
    ///   - tokens: how many tokens.
    ///   - width: D.
    ///   - x: the first token.
    ///   - xStride: from one token to the next.
    ///   - weight: the rows of all experts.
    ///   - experts: which of them.
    ///   - logits: where those of all experts go; the given ones of every token are written.
    ///   - stride: from one token's logits to the next.
    static func logits(
        tokens: Int, width: Int, x: UnsafePointer<Float>, xStride: Int, weight: LinearWeight,
        experts: Range<Int>, into logits: UnsafeMutablePointer<Float>, stride: Int
    ) {
        var tile = moe_logits_tile(
            tokens: tokens, experts: experts.count, width: width, x: x, x_stride: xStride,
            weight: weight.row(experts.lowerBound), weight_stride: weight.stride,
            weight_is_bf16: weight.isBFloat16, logits: logits + experts.lowerBound,
            logits_stride: stride)
        table.logits(&tile)
    }

    /// The product of one token with one row of weights, summed in the same order.
    static func logit(
        width: Int, x: UnsafePointer<Float>, weight: UnsafePointer<Float>,
        into logit: UnsafeMutablePointer<Float>
    ) {
        var tile = moe_logits_tile(
            tokens: 1, experts: 1, width: width, x: x, x_stride: width, weight: weight,
            weight_stride: width, weight_is_bf16: false, logits: logit, logits_stride: 1)
        table.logits(&tile)
    }

    /// The indices of the greatest values, best first; the lower index wins a tie, and a NaN counts
    /// as -infinity.
    ///
    /// - Parameters:
    ///   - values: overwritten.
    ///   - chosen: receives the indices, at most as many as there are values.
    static func topK(
        of values: UnsafeMutableBufferPointer<Float>,
        into chosen: UnsafeMutableBufferPointer<Int32>
    ) {
        guard let base = values.baseAddress, let indices = chosen.baseAddress else { return }
        table.top_k(values.count, base, min(chosen.count, values.count), indices)
    }

    /// Rows of int8 as float32; the strides are elements between rows.
    static func widen(
        rows: Int, count: Int, from x: UnsafePointer<Int8>, stride: Int,
        into out: UnsafeMutablePointer<Float>, outStride: Int
    ) {
        table.widen_s8(rows, count, x, stride, out, outStride)
    }

    /// Float32 integers within 2^24 to int32, stored or added.
    static func collect(
        _ values: UnsafePointer<Float>, count: Int, into sums: UnsafeMutablePointer<Int32>,
        adding: Bool
    ) {
        table.collect_s32(count, values, sums, adding ? 1 : 0)
    }

    /// `out = (Float(sums) * channelScale) * rowScale`, plus the bias if there is one.
    static func scale(
        _ sums: UnsafePointer<Int32>, count: Int, channelScale: UnsafePointer<Float>,
        rowScale: Float, bias: UnsafePointer<Float>?, into out: UnsafeMutablePointer<Float>
    ) {
        table.scale_s32(count, sums, channelScale, rowScale, bias, out)
    }

    /// `out += weight * row`.
    static func accumulate(
        _ row: UnsafePointer<Float>, count: Int, weight: Float,
        into out: UnsafeMutablePointer<Float>
    ) {
        table.accumulate(count, weight, row, out)
    }

    /// `out += row`.
    static func add(
        _ row: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<Float>
    ) {
        table.add(count, row, out)
    }
}
