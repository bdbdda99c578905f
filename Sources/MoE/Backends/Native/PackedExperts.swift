/// The weights of all experts of a layer, packed for one kernel, and their factors.
package struct PackedExperts: Sendable {
    /// Where an expert's panels and factors lie.
    package let layout: ExpertLayout
    private let weights: PackedMemory
    private let factors: PackedMemory

    var kernel: GemmKernel { layout.kernel }
    var shape: ExpertShape { layout.shape }
    var gate: PanelLayout { layout.gate }
    var down: PanelLayout { layout.down }

    /// Memory for the experts; nothing is packed yet.
    init(_ layout: ExpertLayout) throws(MoEError) {
        self.layout = layout
        let count = layout.shape.expertCount
        weights = try PackedMemory(byteCount: count * layout.weightBytes)
        factors = try PackedMemory(byteCount: count * layout.factorBytes)
    }

    /// Experts that were packed before, in a file.
    ///
    /// Kernels read the panels within their bounds whatever these hold; whether they hold what was
    /// packed is for the caller to know.
    ///
    /// - Parameters:
    ///   - layout: where an expert's panels and factors lie.
    ///   - file: the file.
    ///   - weights: the bytes of all panels in it.
    ///   - factors: the bytes of all factors in it.
    /// - Throws: `shape` for bytes that the file does not have, or not as many as the layout's.
    package init(
        _ layout: ExpertLayout, in file: MappedFile, weights: Range<Int>, factors: Range<Int>
    ) throws(MoEError) {
        let count = layout.shape.expertCount
        guard weights.count == count * layout.weightBytes,
            factors.count == count * layout.factorBytes
        else {
            throw MoEError(
                .shape,
                "packed weights: \(weights.count) bytes of panels and \(factors.count) of factors, "
                    + "wanted \(count * layout.weightBytes) and \(count * layout.factorBytes)")
        }
        self.layout = layout
        self.weights = try PackedMemory(file, bytes: weights)
        self.factors = try PackedMemory(file, bytes: factors)
    }

    /// The packed weights of all experts.
    package var weightBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: weights.base, count: weights.byteCount)
    }

    /// The factors of all experts.
    package var factorBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: factors.base, count: factors.byteCount)
    }

    /// The file that the experts are mapped from; nil for memory of their own.
    var file: MappedFile? { weights.file }

    // MARK: - Panels

    private func expert(_ expert: Int) -> UnsafeMutablePointer<UInt8> {
        (weights.base + expert * layout.weightBytes).assumingMemoryBound(to: UInt8.self)
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

    /// All gate and up panels of an expert.
    func gateUpBytes(_ expert: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: gatePanel(0, of: expert), count: 2 * gate.byteCount)
    }

    /// All down panels of an expert.
    func downBytes(_ expert: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: downPanel(0, of: expert), count: down.byteCount)
    }

    /// All factors of an expert.
    func factorBytes(of expert: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: factors(of: expert), count: layout.factorBytes)
    }

    // MARK: - Factors

    private func factors(of expert: Int) -> UnsafeMutablePointer<Float> {
        factors.base.assumingMemoryBound(to: Float.self) + expert * layout.factorStride
    }

    /// The scales of an expert's gate columns; those of its up columns stand one stride later.
    func gateScale(_ expert: Int) -> UnsafeMutablePointer<Float> { factors(of: expert) }

    func upScale(_ expert: Int) -> UnsafeMutablePointer<Float> {
        gateScale(expert) + layout.gateStride
    }

    func gateBias(_ expert: Int) -> UnsafeMutablePointer<Float>? {
        layout.hasGateUpBias ? factors(of: expert) + layout.gateUpBiasOffset : nil
    }

    func upBias(_ expert: Int) -> UnsafeMutablePointer<Float>? {
        gateBias(expert).map { $0 + layout.gateStride }
    }

    /// The scales of an expert's output columns.
    func downScale(_ expert: Int) -> UnsafeMutablePointer<Float> {
        factors(of: expert) + layout.downScaleOffset
    }

    func downBias(_ expert: Int) -> UnsafeMutablePointer<Float>? {
        layout.hasDownBias ? factors(of: expert) + layout.downBiasOffset : nil
    }
}
