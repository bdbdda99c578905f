import Foundation

/// Rotary position embedding: pairs `(x[i], x[i + d/2])` of a head turn by `position * θ^(-2i/d)`.
struct RotaryEmbedding: Sendable {
    /// d: the width of a head.
    let headWidth: Int
    private let cosines: [Float]
    private let sines: [Float]

    /// The angles of the first positions.
    ///
    /// They are formed in 32 bits, as published models were trained with them.
    ///
    /// - Parameters:
    ///   - headWidth: d; even.
    ///   - theta: θ.
    ///   - positions: how many positions there may be.
    init(headWidth: Int, theta: Float, positions: Int) {
        let frequencies = (0..<headWidth / 2).map { pair in
            1 / pow(theta, Float(2 * pair) / Float(headWidth))
        }
        let angles = (0..<positions).flatMap { position in
            frequencies.map { Float(position) * $0 }
        }
        self.headWidth = headWidth
        self.cosines = angles.map(cos)
        self.sines = angles.map(sin)
    }

    /// Turns the heads of one token in place.
    ///
    /// - Parameters:
    ///   - heads: `[count, d]`.
    ///   - count: how many heads.
    ///   - position: the token's position.
    ///   - backwards: whether to turn them the other way.
    func turn(
        _ heads: UnsafeMutablePointer<Float>, count: Int, position: Int, backwards: Bool = false
    ) {
        let half = headWidth / 2, first = position * half
        cosines.withUnsafeBufferPointer { cosines in
            sines.withUnsafeBufferPointer { sines in
                for head in 0..<count {
                    let low = heads + head * headWidth, high = low + half
                    for pair in 0..<half {
                        let x = low[pair], y = high[pair]
                        let cosine = cosines[first + pair]
                        let sine = backwards ? -sines[first + pair] : sines[first + pair]
                        low[pair] = x * cosine - y * sine
                        high[pair] = y * cosine + x * sine
                    }
                }
            }
        }
    }
}
