internal import MoE

/// One expert's matrix as a checkpoint stores it, and where to look for what belongs to it.
struct StoredWeight {
    /// How the family, or the format in its place, stores the projection.
    let tensor: ExpertTensor
    /// The tensor's full name.
    let name: String
    /// Type, shape and file of the tensor.
    let entry: TensorEntry
    /// Output channels: N.
    let rows: Int
    /// Elements of an output channel: K.
    let columns: Int
    /// Whose matrix it is.
    let expert: ExpertPlace
    /// Where the layer's tensors are, and what the checkpoint says of their format.
    let layer: LayerWeights

    /// Finds out how the matrix is written, by its type and by what stands beside it.
    ///
    /// - Returns: the encoding; the shape of the weight itself is not checked yet.
    /// - Throws: `tensor` for scales that are missing or do not fit, `unsupported` for a type or a
    ///   layout of weights that is not read.
    func encoding() throws(CheckpointError) -> any WeightEncoding {
        let encoding = try undescribedEncoding()
        try layer.format.description?.check(self, isInt8: encoding is Int8Weights)
        return encoding
    }

    private func undescribedEncoding() throws(CheckpointError) -> any WeightEncoding {
        let spelling = WeightSpelling(of: tensor.name)
        if spelling == .plain, let floats = FloatWeights(entry.type, shape: [rows, columns]) {
            return floats
        }
        guard tensor.packing != .concatenated, spelling == .gptq || tensor.storage == .outputMajor
        else {
            throw CheckpointError(
                .unsupported,
                "\(entry.file): \(name): \(entry.type.rawValue) weights with input channels first, "
                    + "wanted BF16, F16 or F32")
        }
        switch spelling {
        case .gptq: return try GPTQWeights(self)
        case .packed: return try FP4Weights(self, scale: names(["scale"]))
        case .blocks: return try FP4Weights(self, scale: [stem + "_scales"])
        case .plain: break
        }
        if let weights = try FP8Weights(self) { return weights }
        if let weights = Q8Weights(self) { return weights }
        if let weights = GGUFFP4Weights(self) { return weights }
        let isByte = entry.type == .i8 || entry.type == .u8
        if isByte, entry.shape.last != columns, entry.shape.last == columns / 2 {
            return try FP4Weights(self, scale: scaleNames)
        }
        if entry.type == .i8 { return try Int8Weights(self) }
        throw CheckpointError(
            .unsupported,
            "\(entry.file): \(name): type \(entry.type.rawValue), wanted BF16, F16, F32, I8 or FP8")
    }

    // MARK: - Companions

    /// The family's own name for the tensor, within the layer.
    private var leaf: String {
        let name = tensor.name(expert: expert.index)
        return WeightSpelling(of: name).plainName(of: name)
    }

    /// That name without what says that it is a weight.
    var stem: String {
        leaf.hasSuffix(".weight") ? String(leaf.dropLast(".weight".count)) : leaf
    }

    /// The names that a part of a quantised weight may have: `X.weight_scale` beside `X.weight`.
    func names(_ parts: [String]) -> [String] {
        let leaf = leaf
        return parts.flatMap { part in
            leaf == stem ? ["\(leaf)_\(part)", "\(leaf)_weight_\(part)"] : ["\(leaf)_\(part)"]
        }
    }

    /// The names that the scales of a weight may have.
    private var scaleNames: [String] {
        names(["scale", "scale_inv"]) + ["\(stem).scale", "\(stem).qscale_weight"]
    }

    /// The expert's part of the one tensor of some names that is there, or nil if none is.
    func companion(_ leaves: [String]) throws(CheckpointError) -> Companion? {
        guard let leaf = try layer.tensors.only(of: leaves) else { return nil }
        let axis =
            tensor.packing == .stacked
            ? (index: expert.index, count: entry.shape.first ?? 0) : nil
        return try Companion(
            layer.tensors.fullName(of: leaf), expert: axis, in: layer.source)
    }

    /// The scales of the matrix, which must be there.
    func scaleGrid(required type: String) throws(CheckpointError) -> ScaleGrid {
        guard let scales = try companion(scaleNames) else {
            throw refused(
                "type \(type) without scales", wanted: "\(scaleNames.formatted) beside it")
        }
        return try ScaleGrid(
            scales, rows: rows, depth: columns, blocks: layer.format.blocks)
    }

    /// Tensors that say how another program would quantise activations, which nothing here reads.
    var unreadCompanions: (names: [String], note: String?) {
        let isAlone = tensor.packing == .alone
        let parts = ["input_scale", "input_zero_point", "input_offset", "qscale_act"]
        let harmless = ["input_scale_ub", "quant_bias", "deq_scale", "weight_shape"]
        func present(_ parts: [String]) -> [String] {
            parts.compactMap { layer.tensors[isAlone ? "\(stem).\($0)" : "\(stem)_\($0)"] }
        }
        let scales = present(parts)
        let note = scales.isEmpty ? nil : "the static scales of activations are not used"
        return (scales + present(harmless), note)
    }

    /// The error about what the tensor is.
    func refused(_ found: String, wanted: String) -> CheckpointError {
        CheckpointError(.tensor, "\(entry.file): \(name): \(found), wanted \(wanted)")
    }
}

/// The tensors of a layer, the checkpoint they are in and the format it says they have.
struct LayerWeights: Sendable {
    /// The layer's tensors by name.
    let tensors: LayerTensors
    /// The checkpoint.
    let source: any TensorSource
    /// What the checkpoint says of its weights.
    let format: WeightFormat
}
