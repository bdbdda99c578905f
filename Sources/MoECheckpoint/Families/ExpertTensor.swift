/// Which of several sets of experts that share their names.
package struct ExpertSet: Sendable, Hashable {
    /// The set, from 0.
    let index: Int
    /// How many sets there are.
    let count: Int

    /// The one set of most models.
    static let only = ExpertSet(index: 0, count: 1)
}

/// One projection's tensor: its name, what of it is one expert's, and which axis is which.
package struct ExpertTensor: Sendable, Hashable {
    /// What of a tensor is one expert's.
    package enum Packing: Sendable, Hashable {
        /// All of it, `[N, K]`: the name holds the expert's index, or there is one expert.
        case alone
        /// An entry of its first axis, `[E, N, K]`.
        case stacked
        /// N rows of it, `[E·N, K]`.
        case concatenated
    }

    /// Which of an expert's two axes is the output channel.
    package enum Storage: Sendable, Hashable {
        /// `[N, K]`: a row is an output channel.
        case outputMajor
        /// `[K, N]`: a column is an output channel.
        case inputMajor
    }

    /// The name within the layer; `{e}` stands for the expert's index.
    let name: String
    /// What of the tensor is one expert's.
    let packing: Packing
    /// Which of an expert's axes is the output channel.
    let storage: Storage
    /// Which of several sets of experts the names count through, one behind the other.
    var set = ExpertSet.only
    /// The index of the set's first expert in names.
    private(set) var firstIndex = 0

    /// A tensor; as it stands, a matrix of one expert with a row per output channel.
    package init(
        name: String, packing: Packing = .alone, storage: Storage = .outputMajor
    ) {
        self.name = name
        self.packing = packing
        self.storage = storage
    }

    /// The shape of the whole tensor, of which one expert's part is given as `[N, K]` or `[N]`.
    func shape(expertCount: Int, part: [Int]) -> [Int] {
        let stored = storage == .outputMajor ? part : part.reversed()
        return switch packing {
        case .alone: stored
        case .stacked: [expertCount] + stored
        case .concatenated: [expertCount * stored[0]] + stored.dropFirst()
        }
    }

    /// The name for an expert of the set.
    func name(expert: Int) -> String {
        guard let (head, tail) = namePattern else { return name }
        return head + String(firstIndex + expert) + tail
    }

    /// The same tensor, the sets being of so many experts each.
    func placed(inSetsOf count: Int) -> ExpertTensor {
        var tensor = self
        tensor.firstIndex = set.index * count
        return tensor
    }

    /// What stands before and after an expert's index, or nil if the name holds none.
    var namePattern: (head: String, tail: String)? {
        let parts = name.split(separator: "{e}", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }
}
