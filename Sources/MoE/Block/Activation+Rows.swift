extension Activation {
    /// The operator's name for the activation, on halves.
    var swiGLU: SwiGLU {
        switch self {
        case .swiGLU: .plain
        case .clampedSwiGLU(let parameters): .clamped(parameters)
        case .swiGLUClampedAfter(let limit): .clampedAfter(limit: limit)
        }
    }

    /// Stage 5 for rows of one int8 expert: dequantises, activates and quantises them.
    ///
    /// - Parameters:
    ///   - rows: how many rows.
    ///   - width: H.
    ///   - accumulators: the products, `[rows, 2H]`, gate columns first.
    ///   - weightScale: one factor per column, `[2H]`.
    ///   - activationScale: one factor per row, `[rows]`.
    ///   - bias: added after both scales, `[2H]`; nil for none.
    ///   - scratch: 2H floats.
    ///   - values: where the integers go, `[rows, H]`.
    ///   - scale: where the scales go, `[rows]`.
    func apply(
        rows: Int, width: Int, accumulators: UnsafePointer<Int32>, weightScale: [Float],
        activationScale: UnsafePointer<Float>, bias: [Float]?, scratch: UnsafeMutablePointer<Float>,
        values: UnsafeMutablePointer<Int8>, scale: UnsafeMutablePointer<Float>
    ) {
        let kernel = ExpertActivationKernel(activation: swiGLU, width: width)
        weightScale.withUnsafeBufferPointer { weightScale in
            withOptionalElements(of: bias) { bias in
                guard let weightScale = weightScale.baseAddress else { return }
                kernel.run(
                    rows: rows, accumulators: accumulators, stride: 2 * width,
                    activationScale: activationScale,
                    factors: .init(weightScale: weightScale, bias: bias), scratch: scratch,
                    values: values, valueStride: width, scale: scale)
            }
        }
    }

    /// Stage 5 for one row of a float expert: `[2H]`, gate columns first, to `[H]`.
    func apply(gateUp: UnsafePointer<Float>, width: Int, into h: UnsafeMutablePointer<Float>) {
        ExpertActivationKernel(activation: swiGLU, width: width).activate(gateUp: gateUp, into: h)
    }
}
