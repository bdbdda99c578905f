internal import MoE

/// What the operators on the device can take, checked before any of them is called.
///
/// A refusal names the quantity, what was found and the limit; the same work can be done on a CPU
/// backend, which has none of these limits.
enum DeviceLimits {
    /// 2H is a multiple of this.
    static let columnMultiple = 64
    /// The longest inner axis of a grouped GEMM.
    static let greatestAxis = 65535
    /// The most experts of a grouped GEMM.
    static let mostExperts = 1024
    /// The least K and H: shorter axes look transposed and plain at once.
    static let leastAxis = 32
    /// The most slots of a token.
    static let mostSlots = 512
    /// The most tokens of one turn; more go in several.
    static let mostTokens = 8192
    /// The most elements of a tensor.
    static let mostElements = Int(Int32.max)

    /// The widest 2H that the fused operator's kernel can hold on the chip.
    ///
    /// By its own formula for 192 KiB of buffer less 256 bytes: a column takes 37 bytes, 5 more
    /// where columns are interleaved.
    static func widestColumns(isInterleaved: Bool) -> Int {
        isInterleaved ? 9280 : 10496
    }

    static func unsupported(_ message: String) -> AscendError {
        AscendError(.unsupported, "ascend: \(message)")
    }

    /// Checks the columns of the fused operator's input.
    ///
    /// - Parameters:
    ///   - columns: 2H.
    ///   - isInterleaved: whether gate and up columns take turns.
    /// - Throws: `unsupported`.
    static func checkColumns(_ columns: Int, isInterleaved: Bool) throws(AscendError) {
        guard columns.isMultiple(of: columnMultiple) else {
            throw unsupported(
                "2H = \(columns) is no multiple of \(columnMultiple), which the device's "
                    + "DequantSwigluQuant needs")
        }
        let limit = widestColumns(isInterleaved: isInterleaved)
        guard columns <= limit else {
            throw unsupported(
                "2H = \(columns) is above \(limit), the widest rows of the device's "
                    + "DequantSwigluQuant" + (isInterleaved ? " with interleaved columns" : ""))
        }
    }

    /// Checks the axes of a grouped GEMM `[M, K] * [E, K, N]`.
    ///
    /// - Parameters:
    ///   - experts: E.
    ///   - depth: K.
    ///   - columns: N.
    ///   - format: how the weights are to lie.
    /// - Throws: `unsupported`.
    static func checkProduct(
        experts: Int, depth: Int, columns: Int, format: AscendOptions.WeightFormat
    ) throws(AscendError) {
        guard (1...mostExperts).contains(experts) else {
            throw unsupported(
                "\(experts) matrices are not within 1...\(mostExperts), the device's GroupedMatmul")
        }
        for (name, axis) in [("depth", depth), ("width", columns)] {
            guard (leastAxis...greatestAxis).contains(axis) else {
                throw unsupported(
                    "a matrix's \(name) \(axis) is not within \(leastAxis)...\(greatestAxis), "
                        + "the device's GroupedMatmul")
            }
        }
        guard format == .nz else { return }
        let rows = FractalLayout.blockRows, wide = FractalLayout.blockColumns
        guard depth.isMultiple(of: rows), columns.isMultiple(of: wide) else {
            throw unsupported(
                "a matrix [\(depth), \(columns)] is not made of blocks [\(rows), \(wide)], "
                    + "which weights=nz needs; weights=nd does not")
        }
    }

    /// Checks that a tensor is small enough to be indexed by the kernels.
    ///
    /// - Throws: `unsupported`.
    static func checkElements(_ rows: Int, _ columns: Int, _ name: String) throws(AscendError) {
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow, count <= mostElements else {
            throw unsupported("\(name) [\(rows), \(columns)] has more than 2^31 - 1 elements")
        }
    }
}
