/// The weights of all experts of a layer, packed for one kernel, and their factors.
package struct PackedExperts: Sendable {
    /// Where an expert's panels and factors lie.
    package let layout: ExpertLayout
    private let weights: PackedMemory
    private let factors: PackedMemory

    var kernel: GemmKernel { layout.kernel }
    var shape: ExpertShape { layout.shape }
    var isGated: Bool { layout.isGated }
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

    /// The first panel of some columns before the activation: the gate's, where there is one.
    func firstPanel(_ panel: Int, of expert: Int) -> UnsafeMutablePointer<UInt8> {
        self.expert(expert) + (isGated ? 2 : 1) * panel * gate.panelBytes
    }

    /// The up panel of the same columns; it follows the gate's.
    func upPanel(_ panel: Int, of expert: Int) -> UnsafeMutablePointer<UInt8> {
        firstPanel(panel, of: expert) + (isGated ? gate.bytes(panel) : 0)
    }

    /// A panel of the down-projection.
    func downPanel(_ panel: Int, of expert: Int) -> UnsafeMutablePointer<UInt8> {
        self.expert(expert) + layout.gateUpBytes + panel * down.panelBytes
    }

    /// All gate and up panels of an expert.
    func gateUpBytes(_ expert: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: self.expert(expert), count: layout.gateUpBytes)
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

    /// The scales of an expert's gate columns; without a gate, those of its up columns.
    func gateScale(_ expert: Int) -> UnsafeMutablePointer<Float> { factors(of: expert) }

    func upScale(_ expert: Int) -> UnsafeMutablePointer<Float> {
        gateScale(expert) + layout.upOffset
    }

    func gateBias(_ expert: Int) -> UnsafeMutablePointer<Float>? {
        layout.hasGateUpBias ? factors(of: expert) + layout.gateUpBiasOffset : nil
    }

    func upBias(_ expert: Int) -> UnsafeMutablePointer<Float>? {
        gateBias(expert).map { $0 + layout.upOffset }
    }

    /// The scales of an expert's output columns.
    func downScale(_ expert: Int) -> UnsafeMutablePointer<Float> {
        factors(of: expert) + layout.downScaleOffset
    }

    func downBias(_ expert: Int) -> UnsafeMutablePointer<Float>? {
        layout.hasDownBias ? factors(of: expert) + layout.downBiasOffset : nil
    }
}
