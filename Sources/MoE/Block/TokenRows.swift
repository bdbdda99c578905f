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

extension TokenRows {
    /// Copies one token's int8 row, or quantises it where the batch was not.
    ///
    /// - Parameters:
    ///   - token: which token.
    ///   - out: receives the row, `[D]`.
    /// - Returns: its scale.
    package func write(token: Int, to out: UnsafeMutablePointer<Int8>) -> Float {
        if values.count == count * width {
            out.update(from: values.base + token * width, count: width)
            return scale.base[token]
        }
        guard let hidden else { return 0 }
        return quantizeRow(hidden + token * width, count: width, into: out)
    }

    /// The rows of a dispatch, each with its scale, gathered from the tokens.
    func gathered(_ dispatch: borrowing Dispatch) -> QuantizedRows {
        let rowCount = dispatch.rowCount
        var scale = [Float](repeating: 0, count: rowCount)
        let values = Matrix<Int8>(rows: rowCount, columns: width) { out in
            for row in 0..<rowCount {
                scale[row] = write(token: Int(dispatch.tokenOfRow[row]), to: out + row * width)
                if let weights = dispatch.inputWeights { scale[row] *= weights[row] }
            }
        }
        return QuantizedRows(values: values, unchecked: scale)
    }
}
