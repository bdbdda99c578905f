/// Stage 7: the weighted sum of a token's rows, in slot order and float32; the shared expert last.
enum Combine {
    private static let tokensPerTile = 16

    /// Sums the routed rows of every token.
    ///
    /// - Parameters:
    ///   - rows: every row's output, `[R, D]`.
    ///   - dispatch: which row each slot is; an identity expert's slot adds the token itself.
    ///   - routing: the weights.
    ///   - tokens: the tokens as they came in.
    ///   - output: receives the sums, `[T, D]`.
    ///   - threads: how many threads may work.
    static func sum(
        _ rows: borrowing ExpertRows, _ dispatch: borrowing Dispatch,
        _ routing: borrowing Routing, _ tokens: borrowing TokenRows,
        into output: UnsafeMutablePointer<Float>, threads: Int
    ) {
        guard let hidden = tokens.hidden else { return }
        let width = tokens.width, topK = routing.topK
        let rowOf = dispatch.rowOf.base, weights = routing.outputWeights
        let rows = rows.output.base
        forEachTile(of: tokens.count, threads: threads) { token in
            let sum = output + token * width
            sum.update(repeating: 0, count: width)
            for slot in token * topK..<(token + 1) * topK {
                let row = Int(rowOf[slot])
                RowKernels.accumulate(
                    row < 0 ? hidden + token * width : UnsafePointer(rows + row * width),
                    count: width, weight: weights[slot], into: sum)
            }
        }
    }

    /// Multiplies every token's shared output by its gate.
    static func scale(
        _ shared: borrowing ExpertRows, by gate: UnsafePointer<Float>, tokens: Int, threads: Int
    ) {
        let width = shared.shape.hiddenSize, rows = shared.output.base
        forEachTile(of: tokens, threads: threads) { token in
            let row = rows + token * width, factor = gate[token]
            for index in 0..<width { row[index] *= factor }
        }
    }

    /// `output = routed + shared`.
    static func add(
        _ routed: UnsafePointer<Float>, and shared: borrowing ExpertRows,
        into output: UnsafeMutablePointer<Float>, tokens: Int, threads: Int
    ) {
        let width = shared.shape.hiddenSize, rows = shared.output.base
        forEachTile(of: tokens, threads: threads) { token in
            let start = token * width
            (output + start).update(from: routed + start, count: width)
            RowKernels.add(rows + start, count: width, into: output + start)
        }
    }

    private static func forEachTile(of tokens: Int, threads: Int, _ body: (_ token: Int) -> Void) {
        WorkerPool.shared.run(
            tiles: (tokens + tokensPerTile - 1) / tokensPerTile, threads: threads
        ) { tile, _ in
            for token in tile * tokensPerTile..<min((tile + 1) * tokensPerTile, tokens) {
                body(token)
            }
        }
    }
}
