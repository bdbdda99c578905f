/// Where the packed weights and the factors of one expert lie; the experts of a layer follow each
/// other at equal distances.
///
///     weights  gate 0 │ up 0 │ gate 1 │ up 1 │ … │ down 0 │ down 1 │ … │ padding to a page
///     factors  gate scale │ up scale │ down scale │ gate bias │ up bias │ down bias
///
/// A gate panel stands before the up panel of the same columns, so that what SwiGLU multiplies is
/// computed together. Factors are padded to whole lanes, with zeros; biases that no expert of the
/// layer has take no room, nor does the gate of an activation that has none.
package struct ExpertLayout: Sendable {
    /// Whose panels they are.
    package let kernel: GemmKernel
    /// The sizes of the layer's experts.
    package let shape: ExpertShape
    /// Whether there are gate columns beside the up columns.
    package let isGated: Bool
    /// Whether any expert has a bias before its activation.
    package let hasGateUpBias: Bool
    /// Whether any expert has a bias on its output.
    package let hasDownBias: Bool
    /// The panels of gate and of up: `[H, D]` each.
    let gate: PanelLayout
    /// The panels of the down-projection: `[D, H]`.
    let down: PanelLayout
    /// Bytes of all panels before the down panels.
    let gateUpBytes: Int
    /// Floats from the gate's scales to the up's, and from the one's biases to the other's.
    let upOffset: Int
    /// Floats from an expert's first factor to its down scale, its gate bias and its down bias.
    let downScaleOffset: Int
    let gateUpBiasOffset: Int
    let downBiasOffset: Int
    /// Floats from one expert to the next.
    let factorStride: Int
    /// Bytes from one expert's panels to the next's: whole pages.
    package let weightBytes: Int

    /// Bytes of one expert's factors.
    package var factorBytes: Int { factorStride * MemoryLayout<Float>.stride }

    /// What an expert's panels are aligned to: a page of any system.
    package static let pageSize = 16 << 10

    /// The layout of experts of a shape.
    ///
    /// - Parameters:
    ///   - kernel: whose panels they are.
    ///   - shape: the sizes, which a block has checked or which come from a file.
    ///   - isGated: whether there are gate columns beside the up columns.
    ///   - hasGateUpBias: whether any expert has a bias before its activation.
    ///   - hasDownBias: whether any expert has a bias on its output.
    /// - Throws: `configuration` for sizes that no int8 experts can have.
    package init(
        kernel: GemmKernel, shape: ExpertShape, isGated: Bool, hasGateUpBias: Bool,
        hasDownBias: Bool
    ) throws(MoEError) {
        let depths = 1...MoELayer.maximumInt8Depth
        guard depths.contains(shape.hiddenSize), depths.contains(shape.expertWidth),
            (1...1 << 20).contains(shape.expertCount)
        else {
            throw MoEError(
                .configuration,
                "packed weights: \(shape.expertCount) experts of \(shape.hiddenSize) and "
                    + "\(shape.expertWidth) columns, wanted 1...\(1 << 20) of "
                    + "1...\(MoELayer.maximumInt8Depth)")
        }
        self.kernel = kernel
        self.shape = shape
        self.isGated = isGated
        self.hasGateUpBias = hasGateUpBias
        self.hasDownBias = hasDownBias
        gate = PanelLayout(columns: shape.expertWidth, depth: shape.hiddenSize, kernel: kernel)
        down = PanelLayout(columns: shape.hiddenSize, depth: shape.expertWidth, kernel: kernel)
        let upStride = cacheLines(gate.paddedColumns), downStride = cacheLines(down.paddedColumns)
        upOffset = isGated ? upStride : 0
        downScaleOffset = upOffset + upStride
        gateUpBiasOffset = downScaleOffset + downStride
        downBiasOffset = gateUpBiasOffset + (hasGateUpBias ? upOffset + upStride : 0)
        factorStride = downBiasOffset + (hasDownBias ? downStride : 0)
        gateUpBytes = (isGated ? 2 : 1) * gate.byteCount
        let bytes = gateUpBytes + down.byteCount
        weightBytes = (bytes + Self.pageSize - 1) / Self.pageSize * Self.pageSize
    }
}
