public import MoE
public import MoECheckpoint

/// What a golden block holds: an input and everything that must come out, as typed arrays.
///
/// T tokens, D hidden size, k experts per token, E routed experts; `[T, k]` arrays are flat.
public struct Golden: Sendable {
    /// The three outputs of one variant of the block, `[T, D]` each.
    public struct Outputs: Sendable {
        /// The routed sum plus the shared expert.
        public let output: Matrix<Float>
        /// The routed sum alone.
        public let routed: Matrix<Float>
        /// The shared expert alone, its gate included; nil if there is none.
        public let shared: Matrix<Float>?
    }

    /// The input, `[T, D]`.
    public let hiddenStates: Matrix<Float>
    /// What the router reads in place of the input, `[T, D]`; nil for most blocks.
    public let routerInput: Matrix<Float>?
    /// Which tokens they are, `[T]`; nil for most blocks.
    public let tokenIDs: [Int32]?
    /// How many experts a token is sent to.
    public let topK: Int
    /// Experts in descending selection score, `[T, k]`.
    public let topKIndices: [Int32]
    /// Their weights, every factor included, `[T, k]`.
    public let topKWeights: [Float]
    /// The least gap of selection scores that decides which experts are chosen, `[T]`.
    public let topKMargin: [Float]
    /// The least gap that decides their order, `[T]`.
    public let topKOrderGap: [Float]
    /// How many rows every expert has, `[E]`.
    public let groupIndex: [Int64]
    /// With float experts.
    public let float: Outputs
    /// With int8 experts.
    public let int8: Outputs
    /// Bit 0: an element of h, bit 1: an element of x, lies near a rounding tie; `[T]`.
    public let ambiguous: [UInt8]
    /// The L2 norm of what the near-tie elements of h can change in the int8 output, `[T]`.
    public let flipBound: [Float]

    /// How many tokens.
    public var tokens: Int { hiddenStates.rows }

    /// Reads `golden.safetensors`.
    ///
    /// - Parameter source: the open file.
    /// - Returns: its tensors as typed arrays.
    /// - Throws: `tensor` if one is missing, or of another type or shape than the others ask for.
    public static func load(from source: any TensorSource) throws(CheckpointError) -> Golden {
        let reader = GoldenReader(source: source)
        let hiddenStates = try reader.matrix("hidden_states")
        let rows = hiddenStates.rows
        let size = [rows, hiddenStates.columns]
        let topK = try reader.shape("topk_indices", rank: 2)[1]
        return Golden(
            hiddenStates: hiddenStates,
            routerInput: source.entry("router_input") == nil
                ? nil : try reader.matrix("router_input", size),
            tokenIDs: source.entry("token_ids") == nil
                ? nil : try reader.elements("token_ids", [rows]),
            topK: topK,
            topKIndices: try reader.elements("topk_indices", [rows, topK]),
            topKWeights: try reader.elements("topk_weights", [rows, topK]),
            topKMargin: try reader.elements("topk_margin", [rows]),
            topKOrderGap: try reader.elements("topk_order_gap", [rows]),
            groupIndex: try reader.elements(
                "group_index", try reader.shape("group_index", rank: 1)),
            float: try reader.outputs(prefix: "", size),
            int8: try reader.outputs(prefix: "w8a8_", size),
            ambiguous: try reader.elements("w8a8_ambiguous", [rows]),
            flipBound: try reader.elements("w8a8_flip_bound", [rows]))
    }
}

/// Reads tensors whose type and shape are known beforehand.
private struct GoldenReader {
    let source: any TensorSource

    func shape(_ name: String, rank: Int) throws(CheckpointError) -> [Int] {
        guard let entry = source.entry(name) else {
            throw CheckpointError(.tensor, "golden: \(name): no such tensor")
        }
        guard entry.shape.count == rank else {
            throw CheckpointError(
                .tensor, "\(entry.file): \(name): shape \(entry.shape), wanted \(rank) dimensions")
        }
        return entry.shape
    }

    func elements<Element: TensorElement>(
        _ name: String, _ shape: [Int]
    ) throws(CheckpointError) -> [Element] {
        let tensor = try source.tensor(name)
        guard tensor.shape == shape, let elements = tensor.elements(as: Element.self) else {
            throw CheckpointError(
                .tensor,
                "golden: \(name): \(tensor.type.rawValue) \(tensor.shape), "
                    + "wanted \(Element.elementType.rawValue) \(shape)")
        }
        return elements
    }

    func matrix(_ name: String, _ wanted: [Int]? = nil) throws(CheckpointError) -> Matrix<Float> {
        let found = try shape(name, rank: 2)
        let values: [Float] = try elements(name, wanted ?? found)
        do {
            return try Matrix(rows: found[0], columns: found[1], elements: values)
        } catch {
            throw CheckpointError(.tensor, "golden: \(name): \(error.message)")
        }
    }

    func outputs(prefix: String, _ size: [Int]) throws(CheckpointError) -> Golden.Outputs {
        let shared = "\(prefix)shared_output"
        return Golden.Outputs(
            output: try matrix("\(prefix)output", size),
            routed: try matrix("\(prefix)routed_output", size),
            shared: source.entry(shared) == nil ? nil : try matrix(shared, size))
    }
}
