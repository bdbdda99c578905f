extension DequantSwiGLUQuant {
    /// Checks what the types cannot tell, in the order of the operator's table.
    ///
    /// - Throws: `E03` for the activation's numbers, `E07` for the columns, `E11` for groups that
    ///   cover more rows than there are, `E15` and `E16` for shapes, `E17` for a group without
    ///   factors, `E20` for an offset of another form than its scale, `E21` for a static factor
    ///   of 0 or not finite, and with `atlas` `A1` to `A12`.
    public func validate() throws(MoEError) {
        try activation.validate()
        try signature.validate(divisors: divisors)
    }

    /// What the checks need to know of the call.
    private var signature: DequantSwiGLUQuantSignature {
        var entries: [DequantSwiGLUQuantTensor: DequantSwiGLUQuantSignature.Entry] = [:]
        switch input {
        case .float16(let x): entries[.x] = .init(x, .f16)
        case .bfloat16(let x): entries[.x] = .init(x, .bf16)
        case .accumulators(let x, let weightScale, let activationScale, let bias):
            entries[.x] = .init(x, .i32)
            entries[.weightScale] = .init(weightScale, .f32)
            entries[.activationScale] = activationScale.map {
                .init(type: .f32, shape: [$0.count])
            }
            switch bias {
            case .int32(let bias): entries[.bias] = .init(bias, .i32)
            case .float(let bias): entries[.bias] = .init(bias, .f32)
            case nil: break
            }
        }
        switch quantization {
        case .dynamic(let smooth): entries[.quantScale] = smooth.map { .init($0) }
        case .static(let scale, let offset):
            entries[.quantScale] = .init(scale)
            entries[.quantOffset] = offset.map { .init($0) }
        case .rounded: break
        }
        if let groups {
            let count = groups.segments.count
            entries[.groupIndex] = .init(
                type: .i64, shape: groups.form == .counts ? [count] : [count, 2])
        }
        return DequantSwiGLUQuantSignature(
            entries: entries,
            groupRows: groups?.segments.map { .init(id: Int64($0.group), count: Int64($0.count)) }
                ?? [],
            isDynamic: isDynamic, activation: activation, gate: gate, atlas: atlas)
    }

    private var isDynamic: Bool {
        if case .dynamic = quantization { true } else { false }
    }

    private var divisors: [Float]? {
        guard case .static(let scale, _) = quantization else { return nil }
        switch scale {
        case .perChannel(let factors): return factors.elements
        case .perGroup(let factors): return factors
        }
    }
}

extension DequantSwiGLUQuantSignature.Entry {
    fileprivate init<Element>(_ matrix: Matrix<Element>, _ type: ElementType) {
        self.init(type: type, shape: [matrix.rows, matrix.columns])
    }

    fileprivate init(_ factors: QuantFactors) {
        switch factors {
        case .perChannel(let factors): self.init(factors, .f32)
        case .perGroup(let factors): self.init(type: .f32, shape: [factors.count, 1])
        }
    }
}

extension SwiGLU {
    /// Checks the numbers of the activation.
    ///
    /// - Throws: `E03` for a limit that is not finite and above 0, an alpha or a bias that is not
    ///   finite.
    package func validate() throws(MoEError) {
        switch self {
        case .plain: break
        case .clamped(let p), .interleavedClamped(let p):
            try ClampedSwiGLU.validate(limit: p.limit, alpha: p.alpha, bias: p.bias)
        case .clampedAfter(let limit):
            try ClampedSwiGLU.validate(limit: limit, alpha: 0, bias: 0)
        }
    }
}

extension ClampedSwiGLU {
    /// E03, on numbers as they were given; what counts is their value as `Float`.
    static func validate<Number: BinaryFloatingPoint>(
        limit: Number, alpha: Number, bias: Number
    ) throws(MoEError) {
        guard Float(limit).isFinite, Float(limit) > 0 else {
            throw MoEError(
                .operatorE(3), "clamp_limit: \(limit), wanted finite and above 0 as a float32")
        }
        for (name, value) in [("glu_alpha", alpha), ("glu_bias", bias)] {
            guard Float(value).isFinite else {
                throw MoEError(
                    .operatorE(3), "\(name): \(value), wanted finite as a float32")
            }
        }
    }
}
