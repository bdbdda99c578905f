extension DequantSwiGLUQuant {
    /// The call that tensors by name and options describe: the operator's untyped door.
    ///
    /// Names, types and shapes are those of `npu_dequant_swiglu_quant`; the first broken rule is
    /// reported, in the order of the operator's table.
    ///
    /// - Parameters:
    ///   - tensors: `x` and whatever of `weight_scale`, `activation_scale`, `bias`,
    ///     `quant_scale`, `quant_offset`, `group_index` the call has.
    ///   - options: the options, checked here too.
    /// - Throws: `E01` to `E21`; with `atlas` also `A1` to `A12`.
    public init(
        tensors: [String: Tensor], options: DequantSwiGLUQuantOptions
    ) throws(MoEError) {
        let tensors = try Self.recognized(tensors)
        try options.validate()
        let signature = DequantSwiGLUQuantSignature(
            entries: tensors.mapValues { .init(type: $0.type, shape: $0.shape) },
            groupRows: tensors[.groupIndex].map(Self.groupRows) ?? [],
            isDynamic: try options.isDynamic(), activation: try options.activation(),
            gate: options.activateLeft ? .left : .right, atlas: options.atlas)
        try signature.validate(divisors: tensors[.quantScale]?.floats())

        let factors = FactorReader(tensors: tensors, signature: signature)
        var quantization = Quantization.rounded
        if signature.isDynamic {
            quantization = .dynamic(smooth: factors[.quantScale])
        } else if let scale = factors[.quantScale] {
            quantization = .static(scale: scale, offset: factors[.quantOffset])
        }
        self.init(
            try Self.input(of: tensors, columns: signature.inputColumns),
            activation: signature.activation, gate: signature.gate, quantization: quantization,
            groups: try tensors[.groupIndex].map { tensor throws(MoEError) in
                try Self.groups(of: tensor)
            },
            atlas: signature.atlas)
    }

    /// E01: the tensors by what they are.
    private static func recognized(
        _ tensors: [String: Tensor]
    ) throws(MoEError) -> [DequantSwiGLUQuantTensor: Tensor] {
        var recognized: [DequantSwiGLUQuantTensor: Tensor] = [:]
        for name in tensors.keys.sorted() {
            guard let known = DequantSwiGLUQuantTensor(rawValue: name) else {
                let wanted = DequantSwiGLUQuantTensor.allCases.map(\.rawValue)
                throw MoEError(
                    .operatorE(1),
                    "\(name): unknown tensor, wanted only " + wanted.joined(separator: ", "))
            }
            recognized[known] = tensors[name]
        }
        return recognized
    }

    /// The rows of a group_index, valid or not.
    private static func groupRows(
        of tensor: Tensor
    ) -> [DequantSwiGLUQuantSignature.GroupRow] {
        guard let values = tensor.elements(as: Int64.self) else { return [] }
        guard tensor.shape.count == 2, tensor.shape[1] == 2 else {
            return values.enumerated().map { .init(id: Int64($0.offset), count: $0.element) }
        }
        return stride(from: 0, to: values.count, by: 2).map {
            .init(id: values[$0], count: values[$0 + 1])
        }
    }

    private static func groups(of tensor: Tensor) throws(MoEError) -> GroupIndex {
        let rows = groupRows(of: tensor)
        if tensor.shape.count == 1 { return try GroupIndex(counts: rows.map(\.count)) }
        return try GroupIndex(pairs: rows.map { (group: $0.id, count: $0.count) })
    }

    private static func input(
        of tensors: [DequantSwiGLUQuantTensor: Tensor], columns: Int
    ) throws(MoEError) -> Input {
        if let x: Matrix<Half> = tensors[.x]?.matrix(columns: columns) { return .float16(x) }
        if let x: Matrix<BFloat16> = tensors[.x]?.matrix(columns: columns) {
            return .bfloat16(x)
        }
        guard let x: Matrix<Int32> = tensors[.x]?.matrix(columns: columns),
            let weightScale: Matrix<Float> = tensors[.weightScale]?.matrix(columns: columns)
        else { throw MoEError(.operatorE(4), "x: missing") }
        var bias: Bias?
        if let values: Matrix<Int32> = tensors[.bias]?.matrix(columns: columns) {
            bias = .int32(values)
        } else if let values = tensors[.bias]?.floats() {
            bias = .float(Matrix(rows: values.count / columns, columns: columns, unchecked: values))
        }
        return .accumulators(
            x, weightScale: weightScale, activationScale: tensors[.activationScale]?.floats(),
            bias: bias)
    }

    /// Reads quant_scale and quant_offset once their shapes are known to be right.
    private struct FactorReader {
        let tensors: [DequantSwiGLUQuantTensor: Tensor]
        let signature: DequantSwiGLUQuantSignature

        subscript(name: DequantSwiGLUQuantTensor) -> QuantFactors? {
            guard let tensor = tensors[name], let values = tensor.floats() else { return nil }
            guard signature.isPerChannel(tensor.shape) else { return .perGroup(values) }
            let columns = signature.hiddenSize
            return .perChannel(
                Matrix(rows: values.count / columns, columns: columns, unchecked: values))
        }
    }
}

extension Tensor {
    /// The elements in rows of `columns`, or nil if the tensor is of another type.
    fileprivate func matrix<Element: TensorElement & Sendable>(columns: Int) -> Matrix<Element>? {
        elements(as: Element.self).map {
            Matrix(rows: $0.count / columns, columns: columns, unchecked: $0)
        }
    }
}
