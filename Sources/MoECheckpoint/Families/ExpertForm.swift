/// How the matrices of a layer's experts are spread over tensors.
///
/// The same value describes a shared expert: one expert, no place for an index in its names.
package struct ExpertForm: Sendable, Hashable {
    /// The projections before the activation.
    package enum GateUp: Sendable, Hashable {
        /// A tensor of H gate rows and one of H up rows.
        case separate(gate: ExpertTensor, up: ExpertTensor)
        /// One tensor of 2H rows in an order.
        case fused(ExpertTensor, RowOrder)
        /// No gate: H up rows alone.
        case upOnly(ExpertTensor)

        /// The tensors, the gate's before the up's.
        var tensors: [ExpertTensor] {
            switch self {
            case .separate(let gate, let up): [gate, up]
            case .fused(let tensor, _), .upOnly(let tensor): [tensor]
            }
        }

        /// The same projections with every tensor changed.
        func map(_ change: (ExpertTensor) -> ExpertTensor) -> GateUp {
            switch self {
            case .separate(let gate, let up): .separate(gate: change(gate), up: change(up))
            case .fused(let both, let order): .fused(change(both), order)
            case .upOnly(let up): .upOnly(change(up))
            }
        }
    }

    /// The order of the rows of a fused gate and up.
    package enum RowOrder: Sendable, Hashable {
        /// All gate rows, then all up rows.
        case halves
        /// Gate and up row of unit 0, of unit 1, and so on.
        case interleaved
    }

    /// The projections before the activation.
    var gateUp: GateUp
    /// The projection after it.
    var down: ExpertTensor
    /// Added before the activation: vectors that are spread as ``gateUp`` may be.
    var gateUpBias: GateUp?
    /// Added after the down-projection.
    var downBias: ExpertTensor?

    /// A form of its tensors.
    package init(
        gateUp: GateUp, down: ExpertTensor, gateUpBias: GateUp? = nil,
        downBias: ExpertTensor? = nil
    ) {
        self.gateUp = gateUp
        self.down = down
        self.gateUpBias = gateUpBias
        self.downBias = downBias
    }
}

extension ExpertForm {
    /// Every tensor of the form.
    var tensors: [ExpertTensor] {
        gateUp.tensors + [down] + (gateUpBias?.tensors ?? []) + [downBias].compactMap(\.self)
    }

    /// Whether there are gate rows.
    var isGated: Bool {
        if case .upOnly = gateUp { false } else { true }
    }

    /// `experts.{e}.gate_proj.weight` `[H, D]`, `.up_proj.weight`, `.down_proj.weight` `[D, H]`.
    static func perExpert(
        _ block: String, gate: String = "gate_proj", up: String = "up_proj",
        down: String = "down_proj"
    ) -> ExpertForm {
        separate("\(block).{e}", gate: gate, up: up, down: down)
    }

    /// `experts.{e}.w1.weight` (gate), `.w3.weight` (up), `.w2.weight` (down).
    static func w1w3w2(_ block: String) -> ExpertForm {
        perExpert(block, gate: "w1", up: "w3", down: "w2")
    }

    /// `gate_up_proj` `[E, 2H, D]` and `down_proj` `[E, D, H]`, without a suffix.
    static func fused(_ block: String, rows: RowOrder = .halves) -> ExpertForm {
        stacked("\(block).gate_up_proj", "\(block).down_proj", rows: rows)
    }

    /// `gate_up_proj` `[E, D, 2H]` and `down_proj` `[E, H, D]`.
    static func fusedTransposed(_ block: String, rows: RowOrder = .halves) -> ExpertForm {
        stacked(
            "\(block).gate_up_proj", "\(block).down_proj", rows: rows, storage: .inputMajor)
    }

    /// The three forms in which one model is saved: a tensor per expert and projection, or all
    /// experts in two tensors, either way round.
    static func published(_ block: String) -> [ExpertForm] {
        [.perExpert(block), .fused(block), .fusedTransposed(block)]
    }

    /// Three tensors of one expert: the shared one, or one of many where `block` holds `{e}`.
    static func separate(
        _ block: String, gate: String = "gate_proj", up: String = "up_proj",
        down: String = "down_proj"
    ) -> ExpertForm {
        ExpertForm(
            gateUp: .separate(
                gate: ExpertTensor(name: "\(block).\(gate).weight"),
                up: ExpertTensor(name: "\(block).\(up).weight")),
            down: ExpertTensor(name: "\(block).\(down).weight"))
    }

    /// All experts in two tensors: `[E, 2H, D]` and `[E, D, H]`, or `[E, D, 2H]` and `[E, H, D]`.
    static func stacked(
        _ gateUp: String, _ down: String, rows: RowOrder = .halves,
        storage: ExpertTensor.Storage = .outputMajor
    ) -> ExpertForm {
        ExpertForm(
            gateUp: .fused(
                ExpertTensor(name: gateUp, packing: .stacked, storage: storage), rows),
            down: ExpertTensor(name: down, packing: .stacked, storage: storage))
    }

    /// One expert in two tensors: gate rows above up rows `[2H, D]`, and down `[D, H]`.
    static func together(_ gateUp: String, _ down: String) -> ExpertForm {
        ExpertForm(
            gateUp: .fused(ExpertTensor(name: gateUp), .halves), down: ExpertTensor(name: down))
    }

    /// The same form with every tensor changed.
    func map(_ change: (ExpertTensor) -> ExpertTensor) -> ExpertForm {
        ExpertForm(
            gateUp: gateUp.map(change), down: change(down), gateUpBias: gateUpBias?.map(change),
            downBias: downBias.map(change))
    }

    /// The same form, of one of several sets of experts that share their names.
    func set(_ set: ExpertSet) -> ExpertForm {
        map { tensor in
            var tensor = tensor
            tensor.set = set
            return tensor
        }
    }

    /// The same form with a bias after either projection.
    func biased(gateUp: GateUp? = nil, down: ExpertTensor) -> ExpertForm {
        var form = self
        form.gateUpBias = gateUp
        form.downBias = down
        return form
    }
}
