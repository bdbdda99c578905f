/// Finds the tensors of a layer by their roles and remembers which ones it found.
struct RoleFinder {
    let tensors: LayerTensors
    let source: any TensorSource
    private var found: Set<String> = []

    init(tensors: LayerTensors, source: any TensorSource) {
        self.tensors = tensors
        self.source = source
    }

    /// A tensor that is one matrix, under the one candidate that is there.
    mutating func matrix(
        _ role: String, _ candidates: [String], _ shape: [Int],
        storage: ExpertTensor.Storage = .outputMajor
    ) throws(CheckpointError) -> MatrixPlan {
        let name = try take(role, candidates)
        return MatrixPlan(try MatrixSlice(name: name, shape: shape, storage: storage, in: source))
    }

    /// A tensor that is one vector, or nil for a role without candidates.
    mutating func vector(
        _ role: String, _ candidates: [String], _ count: Int
    ) throws(CheckpointError) -> MatrixPlan? {
        if candidates.isEmpty { return nil }
        let name = try take(role, candidates)
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
    ) throws(CheckpointError) -> [ExpertPlan] {
        let form = try select("experts", forms, count: count, width: width, hiddenSize: hiddenSize)
        for tensor in form.tensors {
            let spare = tensor == form.down ? 0 : identityCount
            try tensors.checkExpertIndices(of: tensor, count: count, spare: spare)
            found.formUnion((count..<count + spare).map { tensor.name(expert: $0) })
        }
        var plans: [ExpertPlan] = []
        plans.reserveCapacity(count)
        for expert in 0..<count {
            found.formUnion(form.tensors.map { $0.name(expert: expert) })
            plans.append(
                try ExpertPlan(
                    form, expert: ExpertPlace(expert, of: count, identityCount: identityCount),
                    width: width, hiddenSize: hiddenSize, tensors: tensors, in: source))
        }
        return plans
    }

    /// The shared expert, in the first form that fits.
    mutating func sharedExpert(
        _ forms: [ExpertForm], width: Int, hiddenSize: Int
    ) throws(CheckpointError) -> ExpertPlan {
        let form = try select(
            "shared expert", forms, count: 1, width: width, hiddenSize: hiddenSize)
        found.formUnion(form.tensors.map(\.name))
        return try ExpertPlan(
            form, expert: ExpertPlace(0, of: 1), width: width, hiddenSize: hiddenSize,
            tensors: tensors,
            in: source)
    }

    /// Refuses tensors beside those of the block that no role has taken.
    func refuseUnread(family: String, except spared: [String]) throws(CheckpointError) {
        let blocks = Set(found.map { $0.prefix { $0 != "." } })
        let unread = tensors.leaves.filter {
            !found.contains($0) && !spared.contains($0) && blocks.contains($0.prefix { $0 != "." })
        }
        if let leaf = unread.min() {
            throw CheckpointError(
                .tensor,
                "\(try tensors.fullName(of: leaf)): unexpected tensor, which no part of a "
                    + "\(family) block with this configuration reads")
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
        let named = forms.filter { tensors.holdsAny(of: $0.down) }
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
        return shaped.first { $0.tensors.allSatisfy(tensors.holdsAny) } ?? shaped.first ?? first
    }
}
