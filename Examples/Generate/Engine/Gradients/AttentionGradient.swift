/// The pullback of attention.
struct AttentionGradient: Sendable {
    private let attention: Attention
    private let rotary: RotaryEmbedding
    /// What takes gradients back through the projections.
    private let query: Linear
    private let key: Linear
    private let value: Linear
    private let output: Linear

    /// The pullback of an attention, for texts as long as the position embedding.
    init(_ attention: Attention, _ rotary: RotaryEmbedding) {
        self.attention = attention
        self.rotary = rotary
        query = attention.query.transposed
        key = attention.key.transposed
        value = attention.value.transposed
        output = attention.output.transposed
    }

    /// The pullback at normed hidden states, `[T, D]`.
    func pullback(at x: [Float]) -> Pullback {
        let queries = projected(attention.query(x), attention.queryNorm)
        let keys = projected(attention.key(x), attention.keyNorm)
        let values = projected(attention.value(x), nil)
        let turnedQueries = turned(queries.rows, width: attention.query.outputs)
        let turnedKeys = turned(keys.rows, width: attention.key.outputs)
        let width = attention.headWidth
        let heads = (0..<attention.heads * attention.queriesPerHead).map { head in
            let shared = head / attention.queriesPerHead
            return HeadGradient(
                queries: turnedQueries.columns(
                    place(head), width: attention.query.outputs),
                keys: turnedKeys.columns(place(shared), width: attention.key.outputs),
                values: values.rows.columns(place(shared), width: attention.value.outputs),
                width: width, window: attention.window)
        }
        return { gradient in
            let mixed = output(gradient)
            var queryGradient = [Float](repeating: 0, count: turnedQueries.count)
            var keyGradient = [Float](repeating: 0, count: turnedKeys.count)
            var valueGradient = keyGradient
            for (head, gradients) in heads.enumerated() {
                let found = gradients(
                    mixed.columns(place(head), width: attention.query.outputs))
                let shared = place(head / attention.queriesPerHead)
                queryGradient.add(
                    found.queries, toColumns: place(head), width: attention.query.outputs)
                keyGradient.add(found.keys, toColumns: shared, width: attention.key.outputs)
                valueGradient.add(found.values, toColumns: shared, width: attention.value.outputs)
            }
            let parts = [
                query(
                    queries.pullback(
                        turned(queryGradient, width: attention.query.outputs, backwards: true))),
                key(
                    keys.pullback(
                        turned(keyGradient, width: attention.key.outputs, backwards: true))),
                value(values.pullback(valueGradient)),
            ]
            return parts[0].plus(parts[1]).plus(parts[2])
        }
    }

    /// The columns of a head.
    private func place(_ head: Int) -> Range<Int> {
        head * attention.headWidth..<(head + 1) * attention.headWidth
    }

    /// Rows normed and limited, and what takes a gradient back to before that.
    private func projected(
        _ rows: [Float], _ norm: RMSNorm?
    ) -> (rows: [Float], pullback: Pullback) {
        let normed = norm?(rows) ?? rows, back = norm?.pullback(at: rows) ?? { $0 }
        guard let limit = attention.limit else { return (normed, back) }
        return (
            normed.map { min(max($0, -limit), limit) },
            { gradient in back(zip(gradient, normed).map { abs($1) < limit ? $0 : 0 }) }
        )
    }

    /// The heads of all rows, turned by their positions.
    private func turned(_ rows: [Float], width: Int, backwards: Bool = false) -> [Float] {
        var rows = rows
        rows.withUnsafeMutableBufferPointer {
            guard let base = $0.baseAddress else { return }
            for row in 0..<$0.count / width {
                rotary.turn(
                    base + row * width, count: width / attention.headWidth, position: row,
                    backwards: backwards)
            }
        }
        return rows
    }
}

/// The gradients of one query head.
private struct HeadGradient {
    /// `[T, d]` each.
    let queries: [Float]
    let keys: [Float]
    let values: [Float]
    private let width: Int
    /// How much of every value each token takes, `[T, T]`.
    private let shares: [Float]
    private let scale: Float

    init(queries: [Float], keys: [Float], values: [Float], width: Int, window: Int?) {
        self.queries = queries
        self.keys = keys
        self.values = values
        self.width = width
        let count = queries.count / width, scale = 1 / Float(width).squareRoot()
        self.scale = scale
        var shares = queries.timesRows(of: keys, depth: width)
        shares.withUnsafeMutableBufferPointer { shares in
            guard let base = shares.baseAddress else { return }
            for row in 0..<count {
                let first = window.map { max(0, row + 1 - $0) } ?? 0
                let scores = base + row * count
                softmax(scores + first, count: row + 1 - first, scale: scale)
                for other in 0..<first { scores[other] = 0 }
                for other in row + 1..<count { scores[other] = 0 }
            }
        }
        self.shares = shares
    }

    /// The gradients of what the head reads, `[T, d]` each, of one of what it puts out.
    func callAsFunction(
        _ gradient: [Float]
    ) -> (queries: [Float], keys: [Float], values: [Float]) {
        let count = queries.count / width
        var scores = gradient.timesRows(of: values, depth: width)
        for start in stride(from: 0, to: scores.count, by: count) {
            var sum: Float = 0
            for place in start..<start + count { sum += shares[place] * scores[place] }
            for place in start..<start + count {
                scores[place] = shares[place] * (scores[place] - sum) * scale
            }
        }
        return (
            scores.timesRows(of: keys.transposed(width: width), depth: count),
            scores.transposed(width: count)
                .timesRows(of: queries.transposed(width: width), depth: count),
            shares.transposed(width: count)
                .timesRows(of: gradient.transposed(width: width), depth: count)
        )
    }
}
