internal import MoE

extension MatrixSlice {
    /// How many bytes the part takes, without its scales.
    var byteCount: Int { encoding.storedShape.reduce(encoding.unitSize, *) }

    /// The full names of tensors that take the part's place.
    ///
    /// - Parameters:
    ///   - written: the tensors.
    ///   - stored: the tensor whose part this is.
    ///   - expert: whose part.
    /// - Returns: the names, with the layer's prefix of the part's own.
    func names(
        of written: [ExpertTensor], in stored: ExpertTensor, _ expert: Int
    ) -> [String] {
        let prefix = name.dropLast(stored.name(expert: expert).count)
        return written.map { prefix + $0.name(expert: expert) }
    }

    /// Finds a quantised matrix that is no expert's; nil for a tensor that is something else.
    ///
    /// - Parameters:
    ///   - name: the tensor's full name.
    ///   - layer: all tensors that are no expert's, by their full names.
    /// - Throws: `tensor` for scales that are missing or of another shape, `unsupported` for a
    ///   variant of a format that is not read.
    init?(quantized name: String, in layer: LayerWeights) throws(CheckpointError) {
        let entry = try layer.source.locate(name)
        guard entry.shape.count == 2 else { return nil }
        var (rows, columns) = (entry.shape[0], entry.shape[1])
        var storage = ExpertTensor.Storage.outputMajor
        switch WeightSpelling(of: name) {
        case .gptq where layer.format.gptq != nil:
            (rows, columns, storage) = (columns, rows * 4, .inputMajor)
        case .packed where layer.format.isQuantized: columns *= 2
        case .plain:
            guard let stem = name.linearLayer else { return nil }
            switch entry.type {
            case .i8:
                // Two 4-bit floats a byte, told by their scales.
                let scales = ["\(stem).scale", "\(stem).weight_scale"]
                    .lazy.compactMap(layer.source.entry).first
                if scales?.type == .f8e8m0 || scales?.type == .u8 { columns *= 2 }
            case .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz: break
            default: return nil
            }
        default: return nil
        }
        try self.init(
            ExpertTensor(name: name, storage: storage), expert: ExpertPlace(0, of: 1),
            shape: [rows, columns], in: layer)
    }
}
