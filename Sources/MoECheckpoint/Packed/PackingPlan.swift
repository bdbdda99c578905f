internal import MoE

/// Where the parts of one layer go in a packed file, known before any weight is read.
struct PackingPlan: Sendable {
    /// The layer, from 0.
    let layer: Int
    /// What the configuration says of it, and where its tensors are.
    let description: LayerDescription
    let tensors: LayerPlan
    /// How an expert's panels and factors lie.
    let routed: ExpertLayout
    let shared: ExpertLayout?
    /// The first bytes of the panels and factors of the routed experts.
    let panelOffset: Int
    let factorOffset: Int
    /// Those of the shared expert.
    let sharedPanelOffset: Int
    let sharedFactorOffset: Int
    /// Where the layer's small parts begin: the router's, and the shared expert's gate.
    let partsOffset: Int
    /// The first byte behind the layer.
    let end: Int

    /// Plans a layer.
    ///
    /// - Parameters:
    ///   - checkpoint: the model.
    ///   - layer: the layer, which is MoE.
    ///   - kernel: what it is packed for.
    ///   - start: the first byte that is free.
    /// - Throws: what finding the layer's tensors throws; `unsupported` for experts of sizes that
    ///   cannot be packed.
    init(
        _ checkpoint: Checkpoint, layer: Int, kernel: GemmKernel, from start: Int
    ) throws(CheckpointError) {
        guard try checkpoint.isMoE(layer: layer) else {
            throw CheckpointError(
                .configuration, "\(checkpoint.configuration.file): layer \(layer) is dense")
        }
        let (description, tensors) = try checkpoint.plan(layer)
        self.layer = layer
        self.description = description
        self.tensors = tensors
        let file = checkpoint.configuration.file
        if let width = description.latentWidth {
            throw CheckpointError(
                .unsupported,
                "\(file): layer \(layer): experts in a latent width of \(width) cannot be packed, "
                    + "as a packed file has no place for their projections")
        }
        func layout(
            _ experts: [ExpertPlan], width: Int, _ activation: Activation
        ) throws(CheckpointError) -> ExpertLayout {
            do {
                return try ExpertLayout(
                    kernel: kernel,
                    shape: ExpertShape(
                        expertCount: experts.count, hiddenSize: description.hiddenSize,
                        expertWidth: width),
                    isGated: activation.isGated,
                    hasGateUpBias: experts.contains { $0.gateUpBias != nil },
                    hasDownBias: experts.contains { $0.downBias != nil })
            } catch {
                throw CheckpointError(.unsupported, "\(file): layer \(layer): \(error.message)")
            }
        }
        routed = try layout(
            tensors.experts, width: description.expertWidth, description.activation)
        shared =
            if let expert = tensors.shared {
                try layout(
                    [expert], width: description.sharedWidth,
                    description.sharedActivation ?? description.activation)
            } else { nil }

        var end = start
        func place(_ bytes: Int, alignment: Int = PackedSection.alignment) -> Int {
            let offset = (end + alignment - 1) / alignment * alignment
            end = offset + bytes
            return offset
        }
        let count = routed.shape.expertCount
        panelOffset = place(
            count * routed.weightBytes, alignment: PackedSection.panelAlignment)
        factorOffset = place(count * routed.factorBytes)
        sharedPanelOffset = place(
            shared?.weightBytes ?? 0,
            alignment: shared == nil ? PackedSection.alignment : PackedSection.panelAlignment)
        sharedFactorOffset = place(shared?.factorBytes ?? 0)
        let rows = description.routerRows
        let vectors = 3 * rows + description.hiddenSize
        let table = (description.vocabularySize ?? 0) * description.router.topK
        // The parts that a layer may have, each from a page on.
        partsOffset = place(
            4 * (rows * description.hiddenSize + vectors + table) + 6 * PackedSection.alignment)
        self.end = end
    }
}
