/// Causal attention; several query heads may share a key and value head.
struct Attention: Sendable {
    let query: Linear
    let key: Linear
    let value: Linear
    let output: Linear
    /// Qwen3-MoE normalises every head, OLMoE all heads as one row, Mixtral nothing.
    let queryNorm: RMSNorm?
    let keyNorm: RMSNorm?
    /// The greatest magnitude of a query, key or value, where OLMoE limits it.
    let limit: Float?
    /// How many positions a token sees, itself included; nil for all.
    let window: Int?
    /// Heads of keys and values; there are `queriesPerHead` times as many of queries.
    let heads: Int
    let queriesPerHead: Int
    let headWidth: Int

    /// Attends from tokens to themselves and all before them.
    ///
    /// - Parameters:
    ///   - x: the normed hidden states, `[rows, D]`.
    ///   - rows: how many tokens.
    ///   - position: the position of the first one; the cache holds all before it.
    ///   - cache: what is remembered; these tokens are added.
    ///   - rotary: the position embedding.
    ///   - memory: where the steps write.
    ///   - out: receives `[rows, D]`.
    func forward(
        _ x: UnsafePointer<Float>, rows: Int, position: Int, cache: KeyValueCache,
        rotary: RotaryEmbedding, memory: borrowing Activations,
        into out: UnsafeMutablePointer<Float>
    ) {
        let queries = memory.queries.base, keys = memory.keys.base, values = memory.values.base
        project(x, rows: rows, query, queryNorm, into: queries)
        project(x, rows: rows, key, keyNorm, into: keys)
        project(x, rows: rows, value, nil, into: values)
        for row in 0..<rows {
            let place = position + row
            rotary.turn(
                queries + row * query.outputs, count: heads * queriesPerHead, position: place)
            rotary.turn(keys + row * key.outputs, count: heads, position: place)
            for head in 0..<heads {
                let start = row * key.outputs + head * headWidth
                cache.store(
                    key: keys + start, value: values + start, head: head, position: place)
            }
        }
        for row in 0..<rows {
            attend(
                from: queries + row * query.outputs, position: position + row, cache: cache,
                scores: memory.scores.base, into: memory.mixed.base + row * query.outputs)
        }
        output.apply(memory.mixed.base, rows: rows, into: out)
    }

    /// A projection, normed and limited.
    private func project(
        _ x: UnsafePointer<Float>, rows: Int, _ projection: Linear, _ norm: RMSNorm?,
        into out: UnsafeMutablePointer<Float>
    ) {
        projection.apply(x, rows: rows, into: out)
        let count = rows * projection.outputs
        norm?.apply(out, count: count, into: out)
        guard let limit else { return }
        for index in 0..<count { out[index] = min(max(out[index], -limit), limit) }
    }

    /// All heads of one token: scores against the keys it sees, softmax, mixture of the values.
    private func attend(
        from queries: UnsafePointer<Float>, position: Int, cache: KeyValueCache,
        scores: UnsafeMutablePointer<Float>, into out: UnsafeMutablePointer<Float>
    ) {
        let first = window.map { max(0, position + 1 - $0) } ?? 0
        let count = position + 1 - first
        let scale = 1 / Float(headWidth).squareRoot()
        for head in 0..<heads {
            // The query heads that share these keys are rows of one product.
            let start = head * queriesPerHead * headWidth
            multiply(
                queries + start, rows: queriesPerHead,
                by: cache.keys(of: head) + first * headWidth, stride: headWidth, columns: count,
                depth: headWidth, into: scores)
            for query in 0..<queriesPerHead {
                softmax(scores + query * count, count: count, scale: scale)
            }
            multiply(
                scores, rows: queriesPerHead, by: cache.values(of: head) + first,
                stride: cache.positions, columns: headWidth, depth: count, into: out + start)
        }
    }
}
