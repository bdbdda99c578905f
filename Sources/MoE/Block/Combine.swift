/// Stage 7: the weighted sum of a token's rows, in slot order and float32; the shared expert last.
package enum Combine {
    private static let tokensPerTile = 16

    /// Sums the routed rows of every token.
    ///
    /// - Parameters:
    ///   - rows: every row's output, `[R, D]`.
    ///   - sum: which rows and weights; an identity expert's slot adds the token itself.
    ///   - threads: how many threads may work.
    package static func sum(
        _ rows: borrowing ExpertRows, _ sum: SlotSum, threads: Int
    ) {
        let width = rows.shape.hiddenSize, slots = sum.slots
        let rows = UnsafePointer(rows.output.base)
        forEachTile(of: sum.tokenCount, threads: threads) { token in
            let total = sum.output + token * width
            total.update(repeating: 0, count: width)
            for slot in token * slots..<(token + 1) * slots {
                let row = Int(sum.rowOf[slot])
                RowKernels.accumulate(
                    row < 0 ? sum.hidden + token * width : rows + row * width, count: width,
                    weight: sum.weights[slot], into: total)
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
