import MoE
import MoECheckpoint

/// Watches float experts at work: how great every element becomes that their down-projections read.
final class ActivationMaxima: LayerObserver {
    /// What was collected, by layer.
    private(set) var layers: [Int: LayerMaxima] = [:]
    /// Of every pass this many rows are kept.
    private let samplesPerPass: Int

    /// An observer of all MoE layers of a model.
    ///
    /// - Parameters:
    ///   - checkpoint: the model.
    ///   - samplesPerPass: how many rows to keep of a pass.
    /// - Throws: `EngineError` for an activation other than SwiGLU; what reading throws.
    init(_ checkpoint: Checkpoint, samplesPerPass: Int) throws {
        self.samplesPerPass = samplesPerPass
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
        let width = collected.hiddenSize, tokens = input.count / width
        var row = 0
        for (expert, segment) in workspace.dispatch.groupIndex.segments.enumerated() {
            for _ in 0..<segment.count {
                let first = Int(workspace.dispatch.tokenOfRow[row]) * width
                collected.watch(expert, input.extracting(first..<first + width))
                row += 1
            }
        }
        let count = min(samplesPerPass, tokens)
        for sample in 0..<count {
            let first = sample * tokens / count * width
            collected.keep(input.extracting(first..<first + width))
        }
    }
}

/// What is collected of one layer.
final class LayerMaxima {
    /// The layer, with float experts.
    let layer: MoELayer
    /// Its experts.
    let experts: [Expert<Matrix<Float>>]
    /// The greatest magnitude of every expert's activated row, `[E, H]`.
    private(set) var maxima: Matrix<Float>
    /// Some of the rows that the experts read, `[samples, D]`.
    private(set) var samples: [Float] = []
    /// D.
    let hiddenSize: Int
    private let gateUp: FloatBuffer

    /// Nothing is collected yet; nil for experts that are not float.
    init?(_ layer: MoELayer) {
        guard case .float(let experts) = layer.experts, let first = experts.first else {
            return nil
        }
        self.layer = layer
        self.experts = experts
        hiddenSize = first.down.rows
        maxima = Matrix(rows: experts.count, columns: first.down.columns, repeating: 0)
        gateUp = FloatBuffer(first.gateUp.rows)
    }

    /// Computes what an expert's down-projection reads of one token, and keeps its greatest.
    func watch(_ expert: Int, _ x: Span<Float>) {
        let width = maxima.columns, gate = gateUp.base
        x.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return }
            Linear(weight: experts[expert].gateUp).apply(x, rows: 1, into: gate)
        }
        swiGLU(gate, up: gate + width, count: width)
        for index in 0..<width {
            maxima[expert, index] = max(maxima[expert, index], abs(gate[index]))
        }
    }

    /// Keeps a row as a sample.
    func keep(_ x: Span<Float>) {
        x.withUnsafeBufferPointer { samples += $0 }
    }
}
