/// The two matrices of one expert: gate and up as one, and down.
///
/// Rows are output channels. `gateUp` is `[2H, D]`, the gate's H rows first, or `[H, D]` for an
/// activation without a gate; `down` is `[D, H]`.
public struct Expert<Weights: Sendable>: Sendable {
    /// Gate rows, then up rows: `[2H, D]`.
    public var gateUp: Weights
    /// The down-projection: `[D, H]`.
    public var down: Weights
    /// Added to the dequantised gate and up columns before the activation: `[2H]`.
    public var gateUpBias: [Float]?
    /// Added to the dequantised output before the routing weight: `[D]`.
    public var downBias: [Float]?
    /// What an activated row is multiplied by before it is quantised, `[H]`; int8 weights only.
    ///
    /// The operator's `quant_scale`. The columns of `down` have been divided by it before they
    /// were quantised, as ``ExpertWeights/quantized(smooth:)`` does.
    public var smooth: [Float]?

    /// An expert of its matrices.
    public init(
        gateUp: Weights, down: Weights, gateUpBias: [Float]? = nil, downBias: [Float]? = nil,
        smooth: [Float]? = nil
    ) {
        self.gateUp = gateUp
        self.down = down
        self.gateUpBias = gateUpBias
        self.downBias = downBias
        self.smooth = smooth
    }
}

/// An int8 matrix with one scale per output channel: `w[n, k] = values[n, k] * scale[n]`.
public struct QuantizedMatrix: Sendable, Equatable {
    /// The integers, `[N, K]`, row n holding output channel n; all of int8 may occur.
    public let values: Matrix<Int8>
    /// One factor per output channel, `[N]`; finite, 0 for a channel of zeros.
    public let scale: [Float]

    /// A quantised matrix from a file or from the library's quantiser.
    ///
    /// - Parameters:
    ///   - values: the integers, `[N, K]`.
    ///   - scale: one factor per output channel, `[N]`.
    /// - Throws: `shape` if there is not one scale per row.
    public init(values: Matrix<Int8>, scale: [Float]) throws(MoEError) {
        guard scale.count == values.rows else {
            throw MoEError(
                .shape, "scale: [\(scale.count)], wanted one per row of \(values.shapeText)")
        }
        self.values = values
        self.scale = scale
    }
}

/// All experts of a layer, in one of the two forms in which a block computes.
public enum ExpertWeights: Sendable {
    /// int8 weights with per-channel scales: the product.
    case int8([Expert<QuantizedMatrix>])
    /// float32 weights: the yardstick for accuracy.
    case float([Expert<Matrix<Float>>])

    /// How many experts there are.
    public var count: Int {
        switch self {
        case .int8(let experts): experts.count
        case .float(let experts): experts.count
        }
    }

    /// The format's name in commands and reports.
    public var formatName: String {
        switch self {
        case .int8: "int8"
        case .float: "float"
        }
    }
}
