internal import MoE

/// What becomes of every tensor of a checkpoint, found out from its headers alone.
///
/// The linear layers of experts, shared ones included, become int8; their biases and all other
/// tensors stay what they are, prediction layers behind the model's last one included. Where the
/// checkpoint is quantised in a form that the new one cannot hold, weights outside the experts
/// become BF16.
struct QuantizationPlan: Sendable {
    /// All tensors of the new checkpoint, in the order in which their sources lie in files.
    private(set) var pieces: [OutputPiece] = []
    /// What the user should know, a sentence each.
    private(set) var notes: [String] = []
    private let format: QuantizedFormat
    /// The tensors that are not copied.
    private var replaced: Set<String> = []

    /// Plans a whole checkpoint.
    ///
    /// - Parameters:
    ///   - checkpoint: the model.
    ///   - tensors: its tensors.
    ///   - format: the form of the new one.
    /// - Throws: what finding a layer's tensors throws, `configuration` for a model without MoE
    ///   layers, `unsupported` for tensors that the new checkpoint cannot hold.
    init(
        _ checkpoint: Checkpoint, _ tensors: SafetensorsDirectory, as format: QuantizedFormat
    ) throws(CheckpointError) {
        self.format = format
        for layer in 0..<checkpoint.layerCount where try checkpoint.isMoE(layer: layer) {
            try addExperts(checkpoint.plan(layer).1, of: checkpoint.family)
        }
        guard !pieces.isEmpty else {
            throw CheckpointError(
                .configuration,
                "\(checkpoint.configuration.file): the model has no MoE layer, wanted one whose "
                    + "experts can be quantised")
        }
        notes += checkpoint.parts.dropFirst().map { "experts of the part \($0) stay what they are" }
        try addRest(checkpoint, tensors)
        notes = notes.uniqued
        sortByPlace(in: tensors)
        try checkNames(file: tensors.path)
    }

    private func checkNames(file: String) throws(CheckpointError) {
        let count = pieces.reduce(0) { $0 + $1.tensors.count }
        guard count <= SafetensorsHeader.tensorLimit else {
            throw CheckpointError(
                .unsupported,
                "\(file): \(count) tensors when quantised, at most "
                    + "\(SafetensorsHeader.tensorLimit) allowed")
        }
        var names: Set<String> = []
        for tensor in pieces.lazy.flatMap(\.tensors) where !names.insert(tensor.name).inserted {
            throw CheckpointError(
                .tensor,
                "\(file): quantising makes a tensor \(tensor.name), and one of that name is there "
                    + "already")
        }
    }

    private mutating func sortByPlace(in tensors: SafetensorsDirectory) {
        let keyed = pieces.enumerated().map { index, piece in
            (place: tensors.place(of: piece.source), index: index)
        }
        let order = keyed.sorted {
            ($0.place.file, $0.place.offset, $0.index) < ($1.place.file, $1.place.offset, $1.index)
        }
        pieces = order.map { pieces[$0.index] }
    }

    // MARK: - Experts

    private mutating func addExperts(
        _ layer: LayerPlan, of family: ModelFamily
    ) throws(CheckpointError) {
        let written = layer.expertForm.split(like: family.tensors.experts)
        let selected = layer.experts.dropLast(layer.alwaysChosen?.count ?? 0)
        for (index, expert) in selected.enumerated() {
            try add(expert, index, form: layer.expertForm, written: written)
        }
        if let (form, count) = layer.alwaysChosen {
            let written = form.split(like: family.tensors.alwaysChosen)
            for (index, expert) in layer.experts.suffix(count).enumerated() {
                try add(expert, index, form: form, written: written)
            }
        }
        if let shared = layer.shared, let form = layer.sharedForm {
            try add(shared, 0, form: form, written: form.split(like: family.tensors.shared))
        }
    }

    private mutating func add(
        _ plan: ExpertPlan, _ expert: Int, form: ExpertForm, written: ExpertForm
    ) throws(CheckpointError) {
        try add(plan.gateUp, from: form.gateUp.tensors, to: written.gateUp.tensors, expert)
        try add(plan.down, from: [form.down], to: [written.down], expert)
        if let bias = plan.gateUpBias, form.gateUpBias != written.gateUpBias {
            divide(
                bias, from: form.gateUpBias?.tensors ?? [], to: written.gateUpBias?.tensors ?? [],
                expert)
        }
        if let bias = plan.downBias, let from = form.downBias, let to = written.downBias, from != to
        {
            divide(bias, from: [from], to: [to], expert)
        }
    }

    private mutating func add(
        _ plan: MatrixPlan, from stored: [ExpertTensor], to written: [ExpertTensor], _ expert: Int
    ) throws(CheckpointError) {
        for (index, slice) in plan.slices.enumerated() {
            let parts = plan.slices.count == written.count ? [written[index]] : written
            let names = slice.names(of: parts, in: stored[index], expert)
            add(slice, order: plan.order, names: names)
        }
    }

    private mutating func add(
        _ slice: MatrixSlice, order: ExpertForm.RowOrder, names: [String]
    ) {
        let rows = slice.rows / names.count
        pieces.append(
            OutputPiece(
                work: .quantize(slice, order), source: slice.name,
                sourceByteCount: slice.byteCount,
                tensors: names.flatMap {
                    format.tensors(of: $0, rows: rows, columns: slice.columns)
                }))
        replace(slice)
    }

    private mutating func divide(
        _ plan: MatrixPlan, from stored: [ExpertTensor], to written: [ExpertTensor], _ expert: Int
    ) {
        for (index, slice) in plan.slices.enumerated() {
            let parts = plan.slices.count == written.count ? [written[index]] : written
            let names = slice.names(of: parts, in: stored[index], expert)
            pieces.append(
                OutputPiece(
                    work: .divide(slice, plan.order), source: slice.name,
                    sourceByteCount: slice.byteCount,
                    tensors: names.map {
                        .init($0, slice.entry.type, shape: [slice.rows / names.count])
                    }))
            replace(slice)
        }
    }

    private mutating func replace(_ slice: MatrixSlice) {
        replaced.insert(slice.name)
        replaced.formUnion(slice.encoding.companions)
        if let note = slice.encoding.note { notes.append(note) }
    }

    // MARK: - Everything else

    private mutating func addRest(
        _ checkpoint: Checkpoint, _ tensors: SafetensorsDirectory
    ) throws(CheckpointError) {
        // One layer of all of them, in which a weight finds what belongs to it.
        var rest = LayerTensors(layer: checkpoint.layerCount)
        for name in tensors.names where !replaced.contains(name) {
            try rest.insert(name, fullName: name)
        }
        let layer = LayerWeights(
            tensors: rest, source: tensors, format: checkpoint.weightFormat)
        for name in tensors.names where !replaced.contains(name) {
            guard let slice = try MatrixSlice(quantized: name, in: layer) else { continue }
            let written = WeightSpelling(of: name).plainName(of: name)
            if slice.encoding is Int8Weights, !slice.encoding.name.hasSuffix("blocks") {
                add(slice, order: .halves, names: [written])
                continue
            }
            pieces.append(
                OutputPiece(
                    work: .widen(slice), source: name, sourceByteCount: slice.byteCount,
                    tensors: [.init(written, .bf16, shape: [slice.rows, slice.columns])]))
            replace(slice)
            notes.append(
                "\(slice.encoding.name) weights outside the experts are written as BF16")
        }
        for name in tensors.names where !replaced.contains(name) {
            let entry = try tensors.locate(name)
            guard SmallFloat(entry.type) == nil || entry.type == .f8e8m0 else {
                throw CheckpointError(
                    .unsupported,
                    "\(entry.file): \(name): \(entry.type.rawValue) \(entry.shape) outside the "
                        + "experts, wanted a matrix with scales beside it, or floats")
            }
            pieces.append(
                OutputPiece(
                    work: .copy, source: name, sourceByteCount: entry.byteCount,
                    tensors: [.init(name, entry.type, shape: entry.shape)]))
        }
    }
}
