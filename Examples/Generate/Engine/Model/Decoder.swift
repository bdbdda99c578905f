import MoE
public import MoECheckpoint

/// A decoder-only language model: embedding, layers of attention and experts, final norm, head.
///
/// ```swift
/// let decoder = try Decoder(directory: "Models/byte-qwen3-moe")
/// let state = decoder.makeState(positions: 512, rows: 512)
/// try decoder.forward(prompt, state: state)
/// state.logits   // of the token that comes next
/// ```
public struct Decoder: Sendable {
    /// What the model's configuration says.
    public let configuration: DecoderConfiguration
    /// Where the experts come from.
    public let checkpoint: Checkpoint
    /// What computes the experts.
    public internal(set) var experts: ExpertChoice
    /// The name of the backend that computes them.
    public var backendName: String { firstBlock.backendName }
    /// How many threads compute them.
    public var threads: Int { firstBlock.threads }
    /// `[V, D]`.
    let embedding: Matrix<Float>
    var layers: [DecoderLayer]
    /// The blocks of all layers are of one size.
    var firstBlock: MoEBlock
    let norm: RMSNorm
    /// D → V; the embedding itself where the model shares it.
    let head: Linear

    /// The memory of one text.
    ///
    /// - Parameters:
    ///   - positions: how long the text may become.
    ///   - rows: how many tokens may be computed at once.
    ///   - logitRows: of how many tokens, at most, logits are wanted at once.
    /// - Returns: the state of an empty text.
    public func makeState(positions: Int, rows: Int, logitRows: Int = 1) -> DecoderState {
        DecoderState(self, positions: positions, rows: rows, logitRows: logitRows)
    }

    /// Computes tokens that follow a text, and adds them to it.
    ///
    /// - Parameters:
    ///   - tokens: at least one, at most the state's `rows`.
    ///   - state: the text; holds the logits afterwards.
    ///   - logitRows: of how many of the tokens, from the last one back, logits are wanted.
    /// - Throws: ``EngineError`` for tokens that do not exist or do not fit; what the block throws.
    public func forward(
        _ tokens: ArraySlice<Int>, state: DecoderState, logitRows: Int = 1
    ) throws {
        try forward(tokens, state: state, logitRows: logitRows, observer: nil)
    }

    /// The pass, with an observer of its layers.
    func forward(
        _ tokens: ArraySlice<Int>, state: DecoderState, logitRows: Int,
        observer: (any LayerObserver)?
    ) throws {
        try check(tokens, state, logitRows: logitRows)
        let width = configuration.hiddenSize, rows = tokens.count
        let hidden = state.activations.hidden.base
        for (row, token) in tokens.enumerated() {
            embedding.row(token).withUnsafeBufferPointer {
                _ = UnsafeMutableBufferPointer(start: hidden + row * width, count: width)
                    .update(fromContentsOf: $0)
            }
        }
        for (index, layer) in layers.enumerated() {
            try layer.forward(rows: rows, index: index, state: state, observer: observer)
        }
        state.position += rows
        state.logitRows = logitRows
        let normed = state.activations.normed.base, last = rows - logitRows
        norm.apply(hidden + last * width, count: logitRows * width, into: normed)
        head.apply(normed, rows: logitRows, into: state.logitMemory.base)
    }

    private func check(
        _ tokens: ArraySlice<Int>, _ state: DecoderState, logitRows: Int
    ) throws {
        if let token = tokens.first(where: { $0 < 0 || $0 >= configuration.vocabularySize }) {
            throw EngineError(
                "token \(token): the model has no such token, wanted one within "
                    + "0...\(configuration.vocabularySize - 1)")
        }
        guard (1...state.activations.rows).contains(tokens.count) else {
            throw EngineError(
                "\(tokens.count) tokens at once, wanted 1 to \(state.activations.rows)")
        }
        guard state.position + tokens.count <= state.positions else {
            throw EngineError(
                "a text of \(state.position + tokens.count) tokens, wanted at most "
                    + "\(state.positions)")
        }
        guard logitRows >= 0, logitRows <= min(tokens.count, state.mostLogitRows) else {
            throw EngineError(
                "logits of \(logitRows) tokens, wanted at most "
                    + "\(min(tokens.count, state.mostLogitRows))")
        }
    }
}
