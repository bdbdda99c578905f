/// Root-mean-square normalisation: `y = x / √(mean(x²) + ε) * w`.
struct RMSNorm: Sendable {
    /// w; its length is how many elements are normalised together.
    let weight: [Float]
    /// ε.
    let epsilon: Float

    /// Normalises every `weight.count` floats.
    ///
    /// A norm of a hidden state takes rows of D; one of heads takes rows of any number of heads.
    ///
    /// - Parameters:
    ///   - x: the floats.
    ///   - count: how many; a multiple of the weight's length.
    ///   - out: receives as many; may be `x`.
    func apply(
        _ x: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<Float>
    ) {
        let width = weight.count
        weight.withUnsafeBufferPointer { weight in
            for start in stride(from: 0, to: count, by: width) {
                let row = x + start, out = out + start
                let factor = 1 / (dot(row, row, width) / Float(width) + epsilon).squareRoot()
                for index in 0..<width { out[index] = row[index] * factor * weight[index] }
            }
        }
    }
}
