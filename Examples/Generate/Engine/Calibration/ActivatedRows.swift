import MoE

/// Collects the rows that the down-projections of one layer read, and how much an error in each of
/// them matters.
///
/// An error in what an expert puts out reaches the stream times the routing weight w. Every later
/// norm divides by the stream's length, and a token that the model is sure of stays what it is. So
/// a row weighs w² (1 - Σ p²) / ‖stream‖², p being the distribution of its next token.
final class ActivatedRows: LayerObserver {
    /// The rows of one expert.
    struct OfExpert: Sendable {
        /// The magnitudes of their elements, `[rows, H]`.
        var magnitudes: [Float] = []
        /// What every row weighs, `[rows]`.
        var weights: [Float] = []
    }

    /// The layer, with float experts.
    let layer: MoELayer
    /// Those experts.
    let experts: [Expert<Matrix<Float>>]
    /// What was collected of them.
    private(set) var rows: [OfExpert]
    /// 1 - Σ p² of every token of the next pass, `[T]`.
    var doubts: [Float] = []
    private let index: Int
    private let gateUp: FloatBuffer

    /// Nothing is collected yet.
    ///
    /// - Parameters:
    ///   - layer: a layer with float experts.
    ///   - index: which one.
    /// - Throws: `EngineError` for other experts, and an activation other than SwiGLU.
    init(_ layer: MoELayer, index: Int) throws {
        guard layer.activation == .swiGLU, case .float(let experts) = layer.experts else {
            throw EngineError("layer \(index): wanted float experts whose activation is SwiGLU")
        }
        self.layer = layer
        self.experts = experts
        self.index = index
        rows = Array(repeating: OfExpert(), count: experts.count)
        gateUp = FloatBuffer(experts.first?.gateUp.rows ?? 0)
    }

    func computed(
        layer: Int, block: MoEBlock?, input: Span<Float>, workspace: borrowing Workspace,
        stream: Span<Float>
    ) throws {
        guard layer == index, !doubts.isEmpty else { return }
        let width = stream.count / doubts.count, slots = workspace.routing.topK
        for (token, doubt) in doubts.enumerated() {
            var length: Float = 0
            for column in token * width..<(token + 1) * width {
                length += stream[column] * stream[column]
            }
            let x = input.extracting(token * width..<(token + 1) * width)
            for slot in token * slots..<(token + 1) * slots
            where workspace.dispatch.rowOfSlot[slot] >= 0 {
                let weight = workspace.routing.weights[slot]
                collect(
                    Int(workspace.routing.experts[slot]), x,
                    weight: weight * weight * doubt / max(length, .leastNormalMagnitude))
            }
        }
    }

    /// Computes what an expert's down-projection reads of one token, and keeps it.
    private func collect(_ expert: Int, _ x: Span<Float>, weight: Float) {
        let width = experts[expert].down.columns, activated = gateUp.base
        x.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return }
            Linear(weight: experts[expert].gateUp).apply(x, rows: 1, into: activated)
        }
        swiGLU(activated, up: activated + width, count: width)
        let row = UnsafeBufferPointer(start: activated, count: width)
        guard weight.isFinite, row.allSatisfy(\.isFinite) else { return }
        rows[expert].weights.append(weight)
        rows[expert].magnitudes.append(contentsOf: row.lazy.map(abs))
    }
}
