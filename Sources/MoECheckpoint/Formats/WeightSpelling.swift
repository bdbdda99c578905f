/// What a quantised weight is called in place of the name that the family gives it.
enum WeightSpelling: CaseIterable, Sendable {
    /// The family's own name: `X.weight`, or `experts.down_proj` for stacked experts.
    case plain
    /// GPTQ: `X.qweight`, input channels first.
    case gptq
    /// Two elements a byte: `X.weight_packed`.
    case packed
    /// gpt-oss: `experts.down_proj_blocks`.
    case blocks

    /// The spelling of a name.
    init(of name: String) {
        self = [.gptq, .packed, .blocks].first { name.hasSuffix($0.suffix) } ?? .plain
    }

    /// What a name of the spelling ends with.
    var suffix: String {
        switch self {
        case .plain: ".weight"
        case .gptq: ".qweight"
        case .packed: "_packed"
        case .blocks: "_blocks"
        }
    }

    /// What a weight of the spelling is called unquantised.
    func plainName(of name: String) -> String {
        self == .plain ? name : name.dropLast(suffix.count) + (self == .gptq ? ".weight" : "")
    }
}

extension ExpertForm {
    /// The same experts under a format's names, or nil where the format has none for them.
    func spelled(_ spelling: WeightSpelling) -> ExpertForm? {
        var form = self
        switch gateUp {
        case .separate(let gate, let up):
            guard let gate = gate.spelled(spelling), let up = up.spelled(spelling) else {
                return nil
            }
            form.gateUp = .separate(gate: gate, up: up)
        case .fused(let both, let order):
            guard let both = both.spelled(spelling) else { return nil }
            form.gateUp = .fused(both, order)
        case .upOnly(let up):
            guard let up = up.spelled(spelling) else { return nil }
            form.gateUp = .upOnly(up)
        }
        guard let down = down.spelled(spelling) else { return nil }
        form.down = down
        return form
    }
}

extension ExpertForm {
    /// The same experts under the names that their weights have unquantised.
    var unspelled: ExpertForm {
        var form = self
        switch gateUp {
        case .separate(let gate, let up):
            form.gateUp = .separate(gate: gate.unspelled, up: up.unspelled)
        case .fused(let both, let order): form.gateUp = .fused(both.unspelled, order)
        case .upOnly(let up): form.gateUp = .upOnly(up.unspelled)
        }
        form.down = down.unspelled
        return form
    }
}

extension ExpertTensor {
    /// The tensor under the name, and in the storage, that it has unquantised.
    fileprivate var unspelled: ExpertTensor {
        let spelling = WeightSpelling(of: name)
        if spelling == .plain { return self }
        return ExpertTensor(name: spelling.plainName(of: name), packing: packing)
    }

    /// The tensor under a format's name, or nil where the format has none for it.
    func spelled(_ spelling: WeightSpelling) -> ExpertTensor? {
        let isModule = name.hasSuffix(".weight")
        switch spelling {
        case .plain: return self
        case .gptq:
            guard isModule, packing == .alone, storage == .outputMajor else { return nil }
            return ExpertTensor(
                name: name.dropLast(".weight".count) + ".qweight", storage: .inputMajor)
        case .packed:
            return ExpertTensor(name: name + "_packed", packing: packing)
        case .blocks:
            guard !isModule, packing == .stacked else { return nil }
            return ExpertTensor(name: name + "_blocks", packing: .stacked)
        }
    }
}
