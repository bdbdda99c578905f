import Foundation

/// `silu(gate) * up` of rows in which the gate's H elements stand before those of up, `[T, 2H]`.
struct SwiGLUGradient {
    /// H.
    let width: Int
    /// The results, `[T, H]`.
    let output: [Float]
    private let gateUp: [Float]

    /// Computes rows.
    init(_ gateUp: [Float], width: Int) {
        self.gateUp = gateUp
        self.width = width
        output = stride(from: 0, to: gateUp.count, by: 2 * width).flatMap { start in
            (start..<start + width).map {
                gateUp[$0] * Self.sigmoid(gateUp[$0]) * gateUp[$0 + width]
            }
        }
    }

    /// The gradient with respect to gate and up, `[T, 2H]`, of one with respect to the results.
    func callAsFunction(_ gradient: [Float]) -> [Float] {
        var result = gateUp
        for (row, start) in stride(from: 0, to: gateUp.count, by: 2 * width).enumerated() {
            for column in 0..<width {
                let gate = gateUp[start + column], up = gateUp[start + width + column]
                let sigmoid = Self.sigmoid(gate), gradient = gradient[row * width + column]
                result[start + column] = gradient * up * sigmoid * (1 + gate * (1 - sigmoid))
                result[start + width + column] = gradient * gate * sigmoid
            }
        }
        return result
    }

    private static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
}
