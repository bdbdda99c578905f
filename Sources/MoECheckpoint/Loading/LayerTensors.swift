/// The tensors of one decoder layer by the part of their names that follows the layer's index.
struct LayerTensors: Sendable {
    /// The layer, from 0.
    let layer: Int
    /// Full names by leaf name.
    private var fullNames: [String: String] = [:]

    /// A layer without tensors.
    init(layer: Int) {
        self.layer = layer
    }

    /// The leaf names, in no particular order.
    var leaves: some Collection<String> { fullNames.keys }

    /// Whether the checkpoint holds nothing of this layer.
    var isEmpty: Bool { fullNames.isEmpty }

    /// The full name of a leaf, or nil if the layer has none of that name.
    subscript(leaf: String) -> String? { fullNames[leaf] }

    /// Adds a tensor.
    ///
    /// - Parameters:
    ///   - leaf: what follows the layer's index in its name.
    ///   - fullName: the whole name.
    /// - Throws: `tensor` if the leaf is there already, under another prefix.
    mutating func insert(_ leaf: String, fullName: String) throws(CheckpointError) {
        if let other = fullNames.updateValue(fullName, forKey: leaf) {
            throw CheckpointError(
                .tensor,
                "\(min(other, fullName)) and \(max(other, fullName)) are the same tensor "
                    + "of layer \(layer), wanted one of them")
        }
    }

    /// The one candidate that the layer has, or nil if it has none.
    ///
    /// - Parameter candidates: leaf names under which families publish the same tensor.
    /// - Returns: its leaf name.
    /// - Throws: `tensor` if there is more than one of them.
    func only(of candidates: [String]) throws(CheckpointError) -> String? {
        let present = candidates.filter { fullNames[$0] != nil }
        if present.count > 1 {
            let names = present.compactMap { fullNames[$0] }
            throw CheckpointError(
                .tensor, "\(names[0]) and \(names[1]) are both there, wanted one of them")
        }
        return present.first
    }

    /// The full name of a leaf.
    ///
    /// - Parameter leaf: what follows the layer's index in its name.
    /// - Returns: the whole name.
    /// - Throws: `tensor` if the layer has none of that name.
    func fullName(of leaf: String) throws(CheckpointError) -> String {
        guard let name = fullNames[leaf] else {
            throw CheckpointError(
                .tensor, "layer \(layer) has no tensor \(leaf), wanted one by the configuration")
        }
        return name
    }

    // MARK: - Experts

    /// Whether there is a tensor of a projection, for whatever expert.
    func holdsAny(of tensor: ExpertTensor) -> Bool {
        guard let pattern = tensor.namePattern else { return fullNames[tensor.name] != nil }
        return leaves.contains { $0.hasPrefix(pattern.head) && $0.hasSuffix(pattern.tail) }
    }

    /// The full name of a tensor of a projection, the same for every order of the names.
    func anyName(of tensor: ExpertTensor) -> String? {
        guard let pattern = tensor.namePattern else { return fullNames[tensor.name] }
        let leaves = leaves.filter { $0.hasPrefix(pattern.head) && $0.hasSuffix(pattern.tail) }
        return leaves.min().flatMap { fullNames[$0] }
    }

    /// Checks that a projection with a tensor per expert has exactly the experts it must have.
    ///
    /// - Parameters:
    ///   - tensor: the projection.
    ///   - count: how many experts the configuration has, of every set.
    ///   - spare: how many indices above those may have a tensor too.
    /// - Throws: `tensor` for an index that is no canonical decimal or not below `count`, and for
    ///   an expert without a tensor.
    func checkExpertIndices(
        of tensor: ExpertTensor, count: Int, spare: Int = 0
    ) throws(CheckpointError) {
        guard let (head, tail) = tensor.namePattern else { return }
        for (leaf, fullName) in fullNames where leaf.hasPrefix(head) && leaf.hasSuffix(tail) {
            let digits = leaf.dropFirst(head.count).dropLast(tail.count)
            guard let index = Int(canonicalDecimal: digits) else {
                throw CheckpointError(
                    .tensor,
                    "\(fullName): expert index \"\(digits)\", wanted a decimal below "
                        + "\(count) without sign and leading zeros")
            }
            guard index < tensor.set.count * count + spare else {
                throw CheckpointError(
                    .tensor,
                    "\(fullName): expert \(index), wanted \(count) experts by the "
                        + "configuration")
            }
        }
        for expert in 0..<count where fullNames[tensor.name(expert: expert)] == nil {
            throw CheckpointError(
                .tensor,
                "layer \(layer) has no tensor \(tensor.name(expert: expert)), wanted "
                    + "\(count) experts by the configuration")
        }
    }
}
