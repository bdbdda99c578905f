/// Which expert of a layer, and how many there are.
struct ExpertPlace: Sendable {
    /// The expert, from 0.
    let index: Int
    /// Experts with weights.
    let count: Int
    /// Experts without: a stacked tensor may hold rows for them that nothing reads.
    let identityCount: Int

    /// An expert among others.
    init(_ index: Int, of count: Int, identityCount: Int = 0) {
        self.index = index
        self.count = count
        self.identityCount = identityCount
    }
}

/// Where one expert's matrices are, all checked against the checkpoint's header.
struct ExpertPlan: Sendable {
    /// Gate rows, then up rows: `[2H, D]`, or `[H, D]` without a gate.
    let gateUp: MatrixPlan
    /// The down-projection: `[D, H]`.
    let down: MatrixPlan
    /// In the row order of ``gateUp``, as a matrix of single columns.
    let gateUpBias: MatrixPlan?
    /// As a matrix of single columns.
    let downBias: MatrixPlan?

    /// Finds an expert's matrices.
    ///
    /// - Parameters:
    ///   - form: how the family spreads them.
    ///   - expert: which expert, of how many; their number times the weights of one fits `Int`.
    ///   - width: rows of the gate: H.
    ///   - hiddenSize: D.
    ///   - layer: the layer's tensors.
    /// - Throws: `tensor` for a tensor that is missing or of another shape, `unsupported` for one
    ///   of another type.
    init(
        _ form: ExpertForm, expert: ExpertPlace, width: Int, hiddenSize: Int,
        in layer: LayerWeights
    ) throws(CheckpointError) {
        func slice(_ tensor: ExpertTensor, _ shape: [Int]) throws(CheckpointError) -> MatrixSlice {
            try MatrixSlice(tensor, expert: expert, shape: shape, in: layer)
        }
        func bias(_ tensor: ExpertTensor, _ count: Int) throws(CheckpointError) -> MatrixSlice {
            try MatrixSlice(bias: tensor, expert: expert, count: count, in: layer)
        }
        let rows = form.isGated ? 2 * width : width
        gateUp =
            switch form.gateUp {
            case .separate(let gate, let up):
                MatrixPlan(
                    try slice(gate, [width, hiddenSize]), try slice(up, [width, hiddenSize]))
            case .fused(let both, let order):
                MatrixPlan(try slice(both, [rows, hiddenSize]), order: order)
            case .upOnly(let up): MatrixPlan(try slice(up, [rows, hiddenSize]))
            }
        down = MatrixPlan(try slice(form.down, [hiddenSize, width]))
        gateUpBias =
            switch form.gateUpBias {
            case .separate(let gate, let up): MatrixPlan(try bias(gate, width), try bias(up, width))
            case .fused(let both, let order): MatrixPlan(try bias(both, rows), order: order)
            case .upOnly(let up): MatrixPlan(try bias(up, rows))
            case nil: nil
            }
        downBias =
            if let tensor = form.downBias { MatrixPlan(try bias(tensor, hiddenSize)) } else { nil }
    }

    /// The slices of both projections.
    var slices: [MatrixSlice] { gateUp.slices + down.slices }
}

/// A matrix made of slices: their rows one after the other, or sorted into halves.
struct MatrixPlan: Sendable {
    /// The slices, in the order of their rows.
    let slices: [MatrixSlice]
    /// The order of the stored rows; an interleaved matrix has one slice.
    let order: ExpertForm.RowOrder

    /// A matrix of one slice.
    init(_ slice: MatrixSlice, order: ExpertForm.RowOrder = .halves) {
        self.slices = [slice]
        self.order = order
    }

    /// A matrix of two slices of the same columns, one below the other.
    init(_ upper: MatrixSlice, _ lower: MatrixSlice) {
        self.slices = [upper, lower]
        self.order = .halves
    }

    /// Output channels of the whole matrix.
    var rows: Int { slices.reduce(0) { $0 + $1.rows } }

    /// Elements of an output channel.
    var columns: Int { slices.first?.columns ?? 0 }

    /// Where a stored row goes.
    func place(of row: Int) -> Int {
        switch order {
        case .halves: row
        case .interleaved: row / 2 + (row % 2 == 0 ? 0 : rows / 2)
        }
    }
}
