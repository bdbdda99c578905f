internal import MoEKernels

/// The kernels over rows of a batch, by the chosen instruction set; see `moe_rows.h`.
enum RowKernels {
    private static let table: moe_row_kernels = {
        guard let table = moe_row_kernels_for(InstructionSet.chosen) else {
            preconditionFailure("every instruction set has row kernels")
        }
        return table.pointee
    }()

    /// The products of tokens `[tokens, width]` with every row of `weight`, `[experts, width]`, in
    /// an order of summation that depends on `width` alone; `stride` is between tokens' logits.
    static func logits(
        tokens: Int = 1, experts: Int, width: Int, x: UnsafePointer<Float>,
        weight: UnsafePointer<Float>, into logits: UnsafeMutablePointer<Float>, stride: Int = 0
    ) {
        table.logits(tokens, experts, width, x, weight, logits, stride)
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
