import MoE

/// The memory of one text: what attention remembers, and where the steps write.
public final class DecoderState {
    /// How many tokens the text has.
    public internal(set) var position = 0
    /// How many it may have.
    public let positions: Int
    /// How long the experts of the passes so far took, by the library's clock.
    public internal(set) var expertTime = Duration.zero

    let caches: [KeyValueCache]
    let rotary: RotaryEmbedding
    let activations: Activations
    /// The blocks of all layers are of one size, so that one workspace serves them in turn.
    var workspace: Workspace
    let logitMemory: FloatBuffer
    let mostLogitRows: Int
    var logitRows = 0
    private let vocabularySize: Int

    init(_ decoder: Decoder, positions: Int, rows: Int, logitRows: Int) {
        let model = decoder.configuration
        self.positions = positions
        caches = decoder.layers.map { _ in
            KeyValueCache(
                heads: model.keyValueHeads, headWidth: model.headWidth, positions: positions)
        }
        rotary = RotaryEmbedding(
            headWidth: model.headWidth, theta: model.ropeTheta, positions: positions)
        activations = Activations(
            model, rows: rows, positions: positions,
            hasDenseLayers: decoder.layers.contains { $0.feedForward.block == nil })
        workspace = decoder.firstBlock.makeWorkspace()
        logitMemory = FloatBuffer(logitRows * model.vocabularySize)
        mostLogitRows = logitRows
        vocabularySize = model.vocabularySize
    }

    /// The logits that the most recent pass was asked for, `[rows, V]`.
    public var logits: Span<Float> {
        @_lifetime(borrow self)
        get {
            let logits = UnsafeBufferPointer(
                start: logitMemory.base, count: logitRows * vocabularySize)
            return _overrideLifetime(logits.span, borrowing: self)
        }
    }

    /// Forgets the text.
    public func clear() {
        position = 0
        expertTime = .zero
    }
}
