// Stacked experts under names of their own, which is how quantised checkpoints hold them: the
// formats know linear layers, not tensors of three dimensions.

extension ExpertForm {
    /// The same experts, each projection a matrix with a row per output channel.
    ///
    /// A form that is so already is kept, under the names of unquantised weights. The others get
    /// the names that one of `published` has for the same block, else those that llm-compressor
    /// gives to the linear layers it makes of stacked experts: `experts.{e}.gate_proj.weight`.
    ///
    /// - Parameter published: the forms in which the family is published.
    /// - Returns: the form in which the experts are written.
    func split(like published: [ExpertForm]) -> ExpertForm {
        let plain = unspelled
        if plain.holdsMatrices { return plain }
        let block = plain.down.block
        var form =
            published.first {
                $0.holdsMatrices && $0.isGated == isGated && $0.down.block == block
                    && $0.down.namePattern != nil && $0.gateUp.tensors.count == (isGated ? 2 : 1)
            } ?? .perExpert(block, isGated: isGated)
        form.gateUpBias = plain.gateUpBias.map { bias in
            // A vector for all experts has nothing to split.
            bias.tensors.allSatisfy { $0.packing == .alone } ? bias : form.gateUp.biases
        }
        form.downBias = plain.downBias.map { $0.packing == .alone ? $0 : form.down.bias }
        return form
    }

    /// Whether each projection of an expert is a tensor of two dimensions, output channels first.
    private var holdsMatrices: Bool {
        (gateUp.tensors + [down]).allSatisfy { $0.packing == .alone && $0.storage == .outputMajor }
    }

    private static func perExpert(_ block: String, isGated: Bool) -> ExpertForm {
        let form = perExpert(block)
        guard !isGated, case .separate(_, let up) = form.gateUp else { return form }
        return ExpertForm(gateUp: .upOnly(up), down: form.down)
    }
}

extension ExpertForm.GateUp {
    /// The biases of linear layers.
    fileprivate var biases: ExpertForm.GateUp {
        switch self {
        case .separate(let gate, let up): .separate(gate: gate.bias, up: up.bias)
        case .fused(let both, let order): .fused(both.bias, order)
        case .upOnly(let up): .upOnly(up.bias)
        }
    }
}

extension ExpertTensor {
    /// The bias of a linear layer.
    fileprivate var bias: ExpertTensor {
        ExpertTensor(name: (name.hasSuffix(".weight") ? name.dropLast(7) : name[...]) + ".bias")
    }

    /// What the experts' tensors are named after: the name up to `experts`, which is put in place
    /// of the projection where the name has none.
    fileprivate var block: String {
        var parts = name.split(separator: ".")
        if let place = parts.lastIndex(of: "experts") {
            return parts[...place].joined(separator: ".")
        }
        if parts.last == "weight" { parts.removeLast() }
        return (parts.dropLast() + ["experts"]).joined(separator: ".")
    }
}

extension [ExpertForm] {
    /// The forms in which experts are read: the published ones, then each of them split.
    var readable: [ExpertForm] {
        var forms = self
        for form in self {
            let split = form.split(like: self)
            if !forms.contains(split) { forms.append(split) }
        }
        return forms
    }
}
