import MoE
import MoECheckpoint

/// Watches float experts at work: how great the elements are that their down-projections read.
///
/// A row is quantised by its own greatest magnitude, so an element counts as a share of that.
final class ActivationShares: LayerObserver {
    /// What was collected, by layer.
    private(set) var layers: [Int: LayerShares] = [:]

    /// An observer of all MoE layers of a model.
    ///
    /// - Parameter checkpoint: the model.
    /// - Throws: `EngineError` for an activation other than SwiGLU; what reading throws.
    init(_ checkpoint: Checkpoint) throws {
        for index in checkpoint.moeLayers {
            let layer = try checkpoint.layer(index, experts: .float)
            guard layer.activation == .swiGLU, let collected = LayerShares(layer) else {
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
final class LayerShares {
    /// The layer, with float experts.
    let layer: MoELayer
    /// The norm of every column of a down-projection, `[E, H]`.
    let weights: Matrix<Float>
    /// D.
    let hiddenSize: Int
    private let experts: [Expert<Matrix<Float>>]
    private let gateUp: FloatBuffer
    /// The squares of every element's shares, summed over an expert's rows, `[E, H]`.
    private var squares: Matrix<Float>
    /// How many rows an expert had, `[E]`.
    private var rows: [Float]

    /// Nothing is collected yet; nil for experts that are not float.
    init?(_ layer: MoELayer) {
        guard case .float(let experts) = layer.experts, let first = experts.first else {
            return nil
        }
        self.layer = layer
        self.experts = experts
        hiddenSize = first.down.rows
        squares = Matrix(rows: experts.count, columns: first.down.columns, repeating: 0)
        rows = Array(repeating: 0, count: experts.count)
        var weights = squares
        for (index, expert) in experts.enumerated() {
            for row in 0..<expert.down.rows {
                for (column, weight) in expert.down.row(row).enumerated() {
                    weights[index, column] += weight * weight
                }
            }
            for column in 0..<weights.columns { weights[index, column].formSquareRoot() }
        }
        self.weights = weights
        gateUp = FloatBuffer(first.gateUp.rows)
    }

    /// The root mean square of an element's shares in an expert's rows; 0 for one without rows.
    func activation(_ expert: Int, _ column: Int) -> Float {
        rows[expert] > 0 ? (squares[expert, column] / rows[expert]).squareRoot() : 0
    }

    /// Computes what an expert's down-projection reads of one token, and adds it.
    func watch(_ expert: Int, _ x: Span<Float>) {
        let width = squares.columns, gate = gateUp.base
        x.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return }
            Linear(weight: experts[expert].gateUp).apply(x, rows: 1, into: gate)
        }
        swiGLU(gate, up: gate + width, count: width)
        var greatest: Float = 0
        for index in 0..<width { greatest = max(greatest, abs(gate[index])) }
        guard greatest > 0, greatest.isFinite else { return }
        rows[expert] += 1
        for index in 0..<width {
            let share = gate[index] / greatest
            squares[expert, index] += share * share
        }
    }
}
