import MoE

/// A projection without bias, `y = x · Wᵀ`.
struct Linear: Sendable {
    /// `[outputs, inputs]`, as checkpoints hold it.
    let weight: Matrix<Float>

    /// How wide the result is.
    var outputs: Int { weight.rows }
    /// How wide the input is.
    var inputs: Int { weight.columns }

    /// Projects rows.
    ///
    /// - Parameters:
    ///   - x: `[rows, inputs]`.
    ///   - rows: how many rows.
    ///   - out: receives `[rows, outputs]`.
    func apply(
        _ x: UnsafePointer<Float>, rows: Int, into out: UnsafeMutablePointer<Float>
    ) {
        weight.elements.withUnsafeBufferPointer { weights in
            guard let weights = weights.baseAddress else { return }
            multiply(
                x, rows: rows, by: weights, stride: inputs, columns: outputs, depth: inputs,
                into: out)
        }
    }
}
