/// Finds the tensors of a layer by their roles and remembers which ones it found.
struct RoleFinder {
    private let layer: LayerWeights
    private var tensors: LayerTensors { layer.tensors }
    private var source: any TensorSource { layer.source }
    private var found: Set<String> = []
    /// The full names of what belongs to quantised weights.
    private var companions: Set<String> = []
    /// The projections whose names count through other sets of experts too, of so many each.
    private var otherSets: [(tensor: ExpertTensor, count: Int)] = []

    init(_ layer: LayerWeights) {
        self.layer = layer
    }

    /// A tensor that is one matrix, under the one candidate that is there.
    ///
    /// - Parameters:
    ///   - role: what it is, as errors say it.
    ///   - candidates: the names it may have.
    ///   - shape: its rows and columns.
    ///   - transposed: those of the candidates that are stored with rows and columns exchanged.
    /// - Returns: where it is.
    /// - Throws: `tensor` for a tensor that is missing or of another shape.
    mutating func matrix(
        _ role: String, _ candidates: [String], _ shape: [Int], transposed: [String] = []
    ) throws(CheckpointError) -> MatrixPlan {
        let name = try take(role, candidates)
        let isTransposed = transposed.contains { tensors[$0] == name }
        return MatrixPlan(
            try MatrixSlice(
                name: name, shape: shape, storage: isTransposed ? .inputMajor : .outputMajor,
                in: source))
    }

    /// A tensor that is one row, `[1, K]` or `[K]`, or nil for a role without candidates.
    mutating func row(
        _ role: String, _ candidates: [String], _ count: Int
    ) throws(CheckpointError) -> MatrixPlan? {
        if candidates.isEmpty { return nil }
        let name = try take(role, candidates)
        let shape = source.entry(name)?.shape == [count] ? [count] : [1, count]
        return MatrixPlan(try MatrixSlice(name: name, shape: shape, in: source))
    }

    /// A tensor that is one vector, or holds one for each of several sets of experts; nil for a role
    /// without candidates.
    mutating func vector(
        _ role: String, _ candidates: [String], _ count: Int, of set: ExpertSet = .only
    ) throws(CheckpointError) -> MatrixPlan? {
        if candidates.isEmpty { return nil }
        let name = try take(role, candidates)
        if set.count > 1, source.entry(name)?.shape == [set.count, count],
            let leaf = try tensors.only(of: candidates)
        {
            return MatrixPlan(
                try MatrixSlice(
                    bias: ExpertTensor(name: leaf, packing: .stacked),
                    expert: ExpertPlace(set.index, of: set.count), count: count, in: layer))
        }
        let isRow = source.entry(name)?.shape == [1, count]
        return MatrixPlan(
            try MatrixSlice(
                name: name, shape: isRow ? [count, 1] : [count],
                storage: isRow ? .inputMajor : .outputMajor, in: source))
    }

    /// A tensor that is a table of integers.
    mutating func integers(
        _ role: String, _ candidates: [String], _ shape: [Int]
    ) throws(CheckpointError) -> IntegerTable {
        try IntegerTable(name: take(role, candidates), shape: shape, in: source)
    }

    /// All routed experts, in the first form that fits.
    ///
    /// Some programs write gates and ups for identity experts too; those are left unread.
    mutating func experts(
        _ forms: [ExpertForm], count: Int, identityCount: Int = 0, width: Int, hiddenSize: Int
    ) throws(CheckpointError) -> (form: ExpertForm, plans: [ExpertPlan]) {
        let form = try select(
            "experts", forms.map { $0.map { $0.placed(inSetsOf: count) } }, count: count,
            width: width, hiddenSize: hiddenSize)
        for tensor in form.tensors {
            otherSets.append((tensor, count))
            let spare = tensor == form.down ? 0 : identityCount
            try tensors.checkExpertIndices(of: tensor, count: count, spare: spare)
            found.formUnion((count..<count + spare).map { tensor.name(expert: $0) })
        }
        var plans: [ExpertPlan] = []
        plans.reserveCapacity(count)
        for expert in 0..<count {
            found.formUnion(form.tensors.map { $0.name(expert: expert) })
            let plan = try ExpertPlan(
                form, expert: ExpertPlace(expert, of: count, identityCount: identityCount),
                width: width, hiddenSize: hiddenSize, in: layer)
            try take(plan, isAlone: form.down.packing == .alone, like: plans.first)
            plans.append(plan)
        }
        return (form, plans)
    }

    /// The shared expert, in the first form that fits.
    mutating func sharedExpert(
        _ forms: [ExpertForm], width: Int, hiddenSize: Int
    ) throws(CheckpointError) -> (form: ExpertForm, plan: ExpertPlan) {
        let form = try select(
            "shared expert", forms, count: 1, width: width, hiddenSize: hiddenSize)
        found.formUnion(form.tensors.map(\.name))
        let plan = try ExpertPlan(
            form, expert: ExpertPlace(0, of: 1), width: width, hiddenSize: hiddenSize, in: layer)
        try take(plan, isAlone: true, like: nil)
        return (form, plan)
    }

    /// Takes what belongs to an expert's weights, which must all be written alike: those of other
    /// experts too, where every expert has tensors of its own.
    private mutating func take(
        _ plan: ExpertPlan, isAlone: Bool, like other: ExpertPlan?
    ) throws(CheckpointError) {
        let slices = plan.slices
        let first = (other ?? plan).slices[0]
        for slice in slices {
            companions.formUnion(slice.encoding.companions)
            guard !isAlone || slice.encoding.name == first.encoding.name else {
                throw CheckpointError(
                    .tensor,
                    "\(first.entry.file): \(first.name) is \(first.encoding.name) and "
                        + "\(slice.name) is \(slice.encoding.name), wanted one format for the "
                        + "experts of layer \(tensors.layer)")
            }
        }
    }

    /// Refuses tensors beside those of the block that no role has taken.
    func refuseUnread(family: String, except spared: [String]) throws(CheckpointError) {
        let blocks = Set(found.map { $0.prefix { $0 != "." } })
        let unread = tensors.leaves.filter {
            !found.contains($0) && !spared.contains($0) && blocks.contains($0.prefix { $0 != "." })
                && !(tensors[$0].map(companions.contains) ?? false) && !isOfOtherSet($0)
        }
        if let leaf = unread.min() {
            throw CheckpointError(
                .tensor,
                "\(try tensors.fullName(of: leaf)): unexpected tensor, which no part of a "
                    + "\(family) block with this configuration reads")
        }
    }

    /// Whether a tensor belongs to an expert of another set under the same names.
    private func isOfOtherSet(_ leaf: String) -> Bool {
        otherSets.contains { tensor, count in
            guard tensor.set.count > 1, let head = tensor.namePattern?.head, leaf.hasPrefix(head),
                let index = Int(
                    canonicalDecimal: leaf.dropFirst(head.count).prefix { $0 != "." })
            else { return false }
            return index / count != tensor.set.index && index / count < tensor.set.count
        }
    }

    private mutating func take(
        _ role: String, _ candidates: [String]
    ) throws(CheckpointError) -> String {
        guard let leaf = try tensors.only(of: candidates) else {
            throw CheckpointError(
                .tensor,
                "layer \(tensors.layer) has no tensor for \(role), wanted "
                    + candidates.formatted)
        }
        found.insert(leaf)
        return try tensors.fullName(of: leaf)
    }

    /// The first form all of whose names are there and whose down-projection has the right shape,
    /// else the first that has that shape, else the first whose down-projection is there.
    private func select(
        _ role: String, _ forms: [ExpertForm], count: Int, width: Int, hiddenSize: Int
    ) throws(CheckpointError) -> ExpertForm {
        var named = forms.filter { tensors.holdsAny(of: $0.down) }
        if named.isEmpty || layer.format.isQuantized {
            let quantized = WeightSpelling.allCases.filter { $0 != .plain }.flatMap { spelling in
                forms.compactMap { $0.spelled(spelling) }.filter { tensors.holdsAny(of: $0.down) }
            }
            if let plain = named.first, let other = quantized.first {
                let names = [plain, other].compactMap { tensors.anyName(of: $0.down) }
                throw CheckpointError(
                    .tensor,
                    "\(names.joined(separator: " and ")) are both there, wanted one format for "
                        + "the \(role) of layer \(tensors.layer)")
            }
            named += quantized
        }
        guard let first = named.first else {
            throw CheckpointError(
                .tensor,
                "layer \(tensors.layer) has no \(role), wanted "
                    + forms.map(\.down.name).uniqued.formatted)
        }
        let shaped = named.filter {
            guard let name = tensors[$0.down.name(expert: 0)] else { return false }
            return source.entry(name)?.shape
                == $0.down.shape(expertCount: count, part: [hiddenSize, width])
        }
        let candidates = shaped.isEmpty ? named : shaped
        return candidates.first { $0.tensors.allSatisfy(tensors.holdsAny) } ?? candidates.first
            ?? first
    }
}
