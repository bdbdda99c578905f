/// The tokens of a batch as the experts read them: float32, and int8 with a scale each.
///
/// Valid during one forward pass; the float32 rows are the caller's own memory.
public struct TokenRows: ~Copyable {
    /// How many tokens.
    public private(set) var count = 0
    /// D: elements of a token.
    public let width: Int
    /// The first of the caller's rows, `[T, D]`.
    package private(set) var hidden: UnsafePointer<Float>?
    /// The rows in int8, `[T, D]`; empty where nothing reads them.
    package private(set) var values = Buffer<Int8>()
    /// Their scales, `[T]`.
    package private(set) var scale = Buffer<Float>()

    init(width: Int) {
        self.width = width
    }

    /// Points at a batch.
    mutating func bind(_ hidden: UnsafePointer<Float>?, count: Int) {
        self.hidden = hidden
        self.count = count
    }

    /// Stage 3: every token's row once, symmetric int8 with `scale = max|x| / 127`.
    ///
    /// A row that holds NaN or infinity becomes zeros with that scale, so that its token's output
    /// is NaN and no other one's is touched.
    mutating func quantize(threads: Int) {
        values.resize(count * width)
        scale.resize(count)
        guard let hidden else { return }
        let values = values.base, scale = scale.base, width = width, count = count
        let tokensPerTile = 16
        WorkerPool.shared.run(
            tiles: (count + tokensPerTile - 1) / tokensPerTile, threads: threads
        ) { tile, _ in
            for token in tile * tokensPerTile..<min((tile + 1) * tokensPerTile, count) {
                scale[token] = quantizeRow(
                    hidden + token * width, count: width, into: values + token * width)
            }
        }
    }
}
