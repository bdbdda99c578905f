import MoE
import MoECheckpoint

/// Watches float experts at work: how great every element becomes that their down-projections read.
///
/// A row is quantised by its own greatest magnitude, so its elements count as shares of that.
final class ActivationMaxima: LayerObserver {
    /// What was collected, by layer.
    private(set) var layers: [Int: LayerMaxima] = [:]

    /// An observer of all MoE layers of a model.
    ///
    /// - Parameter checkpoint: the model.
    /// - Throws: `EngineError` for an activation other than SwiGLU; what reading throws.
    init(_ checkpoint: Checkpoint) throws {
        for index in checkpoint.moeLayers {
            let layer = try checkpoint.layer(index, experts: .float)
            guard layer.activation == .swiGLU, let collected = LayerMaxima(layer) else {
                throw EngineError("layer \(index): its activation is not SwiGLU, wanted that")
            }
            layers[index] = collected
        }
    }

    func computed(
        layer: Int, block: MoEBlock?, input: Span<Float>, workspace: borrowing Workspace,
        stream: Span<Float>
    ) throws {
        guard let collected = layers[layer] else { return }
        let width = collected.hiddenSize
        var row = 0
        for (expert, segment) in workspace.dispatch.groupIndex.segments.enumerated() {
            for _ in 0..<segment.count {
                let first = Int(workspace.dispatch.tokenOfRow[row]) * width
                collected.watch(expert, input.extracting(first..<first + width))
                row += 1
            }
        }
    }
}

/// What is collected of one layer.
final class LayerMaxima {
    /// The layer, with float experts.
    let layer: MoELayer
    /// The greatest share of every element in the activated rows of an expert, `[E, H]`.
    private(set) var activations: Matrix<Float>
    /// The greatest weight of every column of a down-projection, `[E, H]`.
    let weights: Matrix<Float>
    /// D.
    let hiddenSize: Int
    private let experts: [Expert<Matrix<Float>>]
    private let gateUp: FloatBuffer

    /// Nothing is collected yet; nil for experts that are not float.
    init?(_ layer: MoELayer) {
        guard case .float(let experts) = layer.experts, let first = experts.first else {
            return nil
        }
        self.layer = layer
        self.experts = experts
        hiddenSize = first.down.rows
        activations = Matrix(rows: experts.count, columns: first.down.columns, repeating: 0)
        var weights = activations
        for (index, expert) in experts.enumerated() {
            for row in 0..<expert.down.rows {
                for (column, weight) in expert.down.row(row).enumerated() {
                    weights[index, column] = max(weights[index, column], abs(weight))
                }
            }
        }
        self.weights = weights
        gateUp = FloatBuffer(first.gateUp.rows)
    }

    /// Computes what an expert's down-projection reads of one token, and keeps its greatest.
    func watch(_ expert: Int, _ x: Span<Float>) {
        let width = activations.columns, gate = gateUp.base
        x.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return }
            Linear(weight: experts[expert].gateUp).apply(x, rows: 1, into: gate)
        }
        swiGLU(gate, up: gate + width, count: width)
        var greatest: Float = 0
        for index in 0..<width { greatest = max(greatest, abs(gate[index])) }
        guard greatest > 0, greatest.isFinite else { return }
        for index in 0..<width {
            let share = abs(gate[index]) / greatest
            if share > activations[expert, index] { activations[expert, index] = share }
        }
    }
}
