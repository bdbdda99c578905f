/// Where the steps of a layer write, one layer after the other.
struct Activations: ~Copyable {
    /// How many tokens there is room for.
    let rows: Int
    /// The residual stream, `[rows, D]`.
    let hidden: FloatBuffer
    /// The hidden states after a norm, `[rows, D]`.
    let normed: FloatBuffer
    /// What attention or a dense network adds to the stream, `[rows, D]`.
    let change: FloatBuffer
    let queries: FloatBuffer
    let keys: FloatBuffer
    let values: FloatBuffer
    /// The scores of the query heads that share one head of keys.
    let scores: FloatBuffer
    /// The mixtures of all heads, `[rows, query heads * d]`.
    let mixed: FloatBuffer
    /// Gate and up of a dense network.
    let gate: FloatBuffer
    let up: FloatBuffer

    /// Memory for batches of so many rows.
    init(_ model: DecoderConfiguration, rows: Int, positions: Int, hasDenseLayers: Bool) {
        let queryWidth = model.queryHeads * model.headWidth
        let keyWidth = model.keyValueHeads * model.headWidth
        let denseWidth = hasDenseLayers ? model.denseWidth : 0
        self.rows = rows
        hidden = FloatBuffer(rows * model.hiddenSize)
        normed = FloatBuffer(rows * model.hiddenSize)
        change = FloatBuffer(rows * model.hiddenSize)
        queries = FloatBuffer(rows * queryWidth)
        keys = FloatBuffer(rows * keyWidth)
        values = FloatBuffer(rows * keyWidth)
        scores = FloatBuffer(model.queryHeads / model.keyValueHeads * positions)
        mixed = FloatBuffer(rows * queryWidth)
        gate = FloatBuffer(rows * denseWidth)
        up = FloatBuffer(rows * denseWidth)
    }
}
