internal import MoEKernels

/// The smooth factors of all experts, `[E, H]`: activated rows times them are quantised.
struct SmoothFactors: Sendable {
    private let factors: [Float]
    private let width: Int

    /// The factors of a layer's experts, 1 for an expert without; nil if none has any.
    init?(_ experts: [Expert<QuantizedMatrix>], width: Int) {
        guard experts.contains(where: { $0.smooth != nil }) else { return nil }
        factors = experts.flatMap { $0.smooth ?? Array(repeating: 1, count: width) }
        self.width = width
    }

    /// Multiplies activated rows of one expert.
    ///
    /// - Parameters:
    ///   - activated: the first row, at the first of the columns.
    ///   - rows: how many.
    ///   - stride: from one row to the next.
    ///   - expert: the expert.
    ///   - columns: which of the H columns.
    ///   - kernels: the instruction set's kernels.
    func multiply(
        _ activated: UnsafeMutablePointer<Float>, rows: Int, stride: Int, expert: Int,
        columns: Range<Int>, kernels: OperatorKernels
    ) {
        factors.withUnsafeBufferPointer { factors in
            guard let base = factors.baseAddress else { return }
            let first = moe_row_factors(values: base + expert * width + columns.lowerBound, step: 1)
            for row in 0..<rows {
                kernels.table.functions.multiply(
                    Int64(columns.count), first, activated + row * stride)
            }
        }
    }
}
