import MoE

/// What a pass over a text leaves behind that gradients are computed from.
final class RecordedPass: LayerObserver {
    /// The residual stream behind every layer, `[T, D]`.
    private(set) var streams: [[Float]] = []
    /// The stream behind every layer's attention, `[T, D]`.
    private(set) var attended: [[Float]] = []
    /// What the experts, or the dense network, of every layer read, `[T, D]`.
    private(set) var inputs: [[Float]] = []
    /// Where every layer sent the tokens; of a dense layer nothing.
    private(set) var routings: [RecordedRouting] = []

    func attended(layer: Int, stream: Span<Float>) {
        attended.append(stream.withUnsafeBufferPointer { Array($0) })
    }

    func computed(
        layer: Int, block: MoEBlock?, input: Span<Float>, workspace: borrowing Workspace,
        stream: Span<Float>
    ) throws {
        streams.append(stream.withUnsafeBufferPointer { Array($0) })
        inputs.append(input.withUnsafeBufferPointer { Array($0) })
        routings.append(block == nil ? RecordedRouting() : RecordedRouting(workspace))
    }
}

/// The experts of every token, and their weights.
struct RecordedRouting: Sendable {
    /// k.
    private(set) var topK = 1
    /// `[T, k]`.
    private(set) var experts: [Int] = []
    /// `[T, k]`.
    private(set) var weights: [Float] = []

    /// No tokens.
    init() {}

    /// Where the most recent pass in a workspace sent its tokens.
    init(_ workspace: borrowing Workspace) {
        topK = workspace.routing.topK
        experts = workspace.routing.experts.withUnsafeBufferPointer { $0.map { Int($0) } }
        weights = workspace.routing.weights.withUnsafeBufferPointer { Array($0) }
    }

    /// The slots that were given to an expert.
    func slots(of expert: Int) -> [Int] { experts.indices.filter { experts[$0] == expert } }

    /// The rows of the tokens that slots belong to.
    func rows(_ x: [Float], _ slots: [Int], width: Int) -> [Float] {
        slots.flatMap { slot in
            x[slot / topK * width..<(slot / topK + 1) * width]
        }
    }
}
