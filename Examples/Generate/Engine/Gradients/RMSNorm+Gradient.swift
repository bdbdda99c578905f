extension RMSNorm {
    /// The rows, normalised.
    func callAsFunction(_ x: [Float]) -> [Float] {
        var result = x
        result.withUnsafeMutableBufferPointer {
            guard let base = $0.baseAddress else { return }
            apply(base, count: $0.count, into: base)
        }
        return result
    }

    /// The pullback at rows.
    func pullback(at x: [Float]) -> Pullback {
        { [self] gradient in
            var result = gradient
            let width = weight.count
            for start in stride(from: 0, to: x.count, by: width) {
                var square: Float = 0, product: Float = 0
                for index in 0..<width {
                    square += x[start + index] * x[start + index]
                    product += x[start + index] * weight[index] * gradient[start + index]
                }
                let factor = 1 / (square / Float(width) + epsilon).squareRoot()
                let along = product * factor * factor * factor / Float(width)
                for index in 0..<width {
                    result[start + index] =
                        factor * weight[index] * gradient[start + index] - along * x[start + index]
                }
            }
            return result
        }
    }
}
