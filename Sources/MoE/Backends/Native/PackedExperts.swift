internal import MoEKernels

/// The weights of all experts of a layer, packed for one kernel, and their factors.
///
///     expert e:  gate 0 │ up 0 │ gate 1 │ up 1 │ … │ down 0 │ down 1 │ …
///
/// A gate panel stands before the up panel of the same columns, so that what SwiGLU multiplies is
/// computed together. Factors are padded to whole lanes, with zeros.
struct PackedExperts: Sendable {
    let kernel: GemmKernel
    let shape: ExpertShape
    /// The panels of gate and of up: `[H, D]` each.
    let gate: PanelLayout
    /// The panels of the down-projection: `[D, H]`.
    let down: PanelLayout
    let hasGateUpBias: Bool
    let hasDownBias: Bool
    private let weights: PackedMemory
    private let factors: PackedMemory
    private let downScaleOffset: Int
    private let gateUpBiasOffset: Int
    private let downBiasOffset: Int

    /// From one factor of a down channel to that of the next expert.
    let downStride: Int
    private let gateStride: Int

    /// Bytes of one expert.
    var expertBytes: Int { 2 * gate.byteCount + down.byteCount }

    /// Memory for the experts; nothing is packed yet.
    init(
        kernel: GemmKernel, shape: ExpertShape, hasGateUpBias: Bool, hasDownBias: Bool
    ) throws(MoEError) {
        self.kernel = kernel
        self.shape = shape
        gate = PanelLayout(columns: shape.expertWidth, depth: shape.hiddenSize, kernel: kernel)
        down = PanelLayout(columns: shape.hiddenSize, depth: shape.expertWidth, kernel: kernel)
        self.hasGateUpBias = hasGateUpBias
        self.hasDownBias = hasDownBias
        gateStride = (gate.paddedColumns + 15) / 16 * 16
        downStride = (down.paddedColumns + 15) / 16 * 16
        downScaleOffset = shape.expertCount * 2 * gateStride
        gateUpBiasOffset = downScaleOffset + shape.expertCount * downStride
        downBiasOffset = gateUpBiasOffset + (hasGateUpBias ? downScaleOffset : 0)
        let factorCount = downBiasOffset + (hasDownBias ? shape.expertCount * downStride : 0)
        factors = try PackedMemory(byteCount: factorCount * MemoryLayout<Float>.stride)
        let (bytes, overflow) = (2 * gate.byteCount + down.byteCount)
            .multipliedReportingOverflow(by: shape.expertCount)
        weights = try PackedMemory(byteCount: overflow ? -1 : bytes)
    }

    /// The packed weights of all experts.
    var weightBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: weights.base, count: weights.byteCount)
    }

    // MARK: - Panels

    private func expert(_ expert: Int) -> UnsafeMutablePointer<UInt8> {
        (weights.base + expert * expertBytes).assumingMemoryBound(to: UInt8.self)
    }

    /// A gate panel; its up panel follows it.
    func gatePanel(_ panel: Int, of expert: Int) -> UnsafeMutablePointer<UInt8> {
        self.expert(expert) + 2 * panel * gate.panelBytes
    }

    /// The up panel that belongs to a gate panel.
    func upPanel(_ panel: Int, of expert: Int) -> UnsafeMutablePointer<UInt8> {
        gatePanel(panel, of: expert) + gate.bytes(panel)
    }

    /// A panel of the down-projection.
    func downPanel(_ panel: Int, of expert: Int) -> UnsafeMutablePointer<UInt8> {
        self.expert(expert) + 2 * gate.byteCount + panel * down.panelBytes
    }

    // MARK: - Factors

    private var floats: UnsafeMutablePointer<Float> {
        factors.base.assumingMemoryBound(to: Float.self)
    }

    /// The scales of an expert's gate columns; those of its up columns stand one stride later.
    func gateScale(_ expert: Int) -> UnsafeMutablePointer<Float> {
        floats + expert * 2 * gateStride
    }

    func upScale(_ expert: Int) -> UnsafeMutablePointer<Float> {
        gateScale(expert) + gateStride
    }

    func gateBias(_ expert: Int) -> UnsafeMutablePointer<Float>? {
        hasGateUpBias ? floats + gateUpBiasOffset + expert * 2 * gateStride : nil
    }

    func upBias(_ expert: Int) -> UnsafeMutablePointer<Float>? {
        gateBias(expert).map { $0 + gateStride }
    }

    /// The scales of an expert's output columns.
    func downScale(_ expert: Int) -> UnsafeMutablePointer<Float> {
        floats + downScaleOffset + expert * downStride
    }

    func downBias(_ expert: Int) -> UnsafeMutablePointer<Float>? {
        hasDownBias ? floats + downBiasOffset + expert * downStride : nil
    }
}
