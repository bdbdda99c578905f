/// One call of the fused operator dequantise, SwiGLU, quantise.
///
/// It stands between the two grouped GEMMs of an MoE layer; Ascend's name is
/// `npu_dequant_swiglu_quant`.
///
/// ```
/// f = (float(x [+ int bias]) * weightScale) * activationScale [+ float bias]     [T, 2H]
/// v = SwiGLU(f)                                                                  [T, H]
/// dynamic:  v = v * smooth;  scale = max|v| / 127 per row;  y = rint(v / scale)
/// static:   y = rint(v / factors + offset);                 scale = 0
/// ```
///
/// The value says what to compute, in types in which most of the operator's illegal combinations
/// cannot be written; ``dequantSwiGLUQuant(_:backend:threads:)`` computes it. What cannot be told by types, such
/// as shapes that disagree, is checked there.
///
/// ```swift
/// let rows = try dequantSwiGLUQuant(
///     DequantSwiGLUQuant(
///         .accumulators(products, weightScale: weightScale, activationScale: tokenScale),
///         gate: .left, groups: groups))
/// ```
public struct DequantSwiGLUQuant: Sendable {
    /// What the rows come as, `[T, 2H]`.
    public enum Input: Sendable {
        /// int32 products of a quantised GEMM. `weightScale` is `[W, 2H]`, a factor per column;
        /// `activationScale` is `[T]`, a factor per row, nil for none. W is 1 without groups and
        /// the number of groups with counts.
        case accumulators(
            Matrix<Int32>, weightScale: Matrix<Float>, activationScale: [Float]? = nil,
            bias: Bias? = nil)
        /// binary16 values that are already scaled.
        case float16(Matrix<Half>)
        /// bfloat16 values that are already scaled.
        case bfloat16(Matrix<BFloat16>)
    }

    /// What is added to accumulators, `[W, 2H]`.
    public enum Bias: Sendable {
        /// Added to the integers, modulo 2^32, before they are scaled.
        case int32(Matrix<Int32>)
        /// Added after both scales.
        case float(Matrix<Float>)
    }

    /// Which half of a row gets the sigmoid; interleaved columns have no halves and ignore it.
    public enum Gate: Sendable, Hashable {
        /// Columns `0..<H`: `activate_left`, as weights with the gate's rows first need it.
        case left
        /// Columns `H..<2H`, the operator's default.
        case right
    }

    /// How the activated rows become int8.
    public enum Quantization: Sendable {
        /// Every row by its own maximum; `smooth` multiplies the row before that and stays inside
        /// the scale.
        case dynamic(smooth: QuantFactors? = nil)
        /// Every value divided by its factor, which is finite and not 0, plus its offset, which
        /// has the form of the factors; rounded, with scale 0.
        case `static`(scale: QuantFactors, offset: QuantFactors? = nil)
        /// Every value rounded as it is, with scale 0: the static mode without factors.
        case rounded
    }

    /// The rows, with what scales them.
    public var input: Input
    /// The gated activation.
    public var activation: SwiGLU
    /// Which half of a row gets the sigmoid.
    public var gate: Gate
    /// How the result becomes int8.
    public var quantization: Quantization
    /// Which rows belong to which row of the per-group tables; nil for one group of all rows.
    ///
    /// Rows past the groups become zeros with scale 0.
    public var groups: GroupIndex?
    /// Whether to refuse what Atlas A2 and A3 refuse and to round in their order.
    public var atlas: Bool

    /// A call of its input and options; the defaults are the operator's.
    public init(
        _ input: Input, activation: SwiGLU = .plain, gate: Gate = .right,
        quantization: Quantization = .dynamic(), groups: GroupIndex? = nil, atlas: Bool = false
    ) {
        self.input = input
        self.activation = activation
        self.gate = gate
        self.quantization = quantization
        self.groups = groups
        self.atlas = atlas
    }
}

/// Factors of the quantisation, the operator's `quant_scale` and `quant_offset`.
public enum QuantFactors: Sendable {
    /// One per group and column, `[W, H]`.
    case perChannel(Matrix<Float>)
    /// One per group, `[W]`.
    case perGroup([Float])
}

extension DequantSwiGLUQuant {
    /// T, the rows of the input.
    public var tokenCount: Int {
        switch input {
        case .accumulators(let x, _, _, _): x.rows
        case .float16(let x): x.rows
        case .bfloat16(let x): x.rows
        }
    }

    /// 2H, the columns of the input.
    var inputColumns: Int {
        switch input {
        case .accumulators(let x, _, _, _): x.columns
        case .float16(let x): x.columns
        case .bfloat16(let x): x.columns
        }
    }

    /// H, the columns of the result.
    public var hiddenSize: Int { inputColumns / 2 }

    /// The runs of rows that have a group, in row order; none is empty.
    package var groupedRows: [(rows: Range<Int>, group: Int)] {
        guard let groups else { return tokenCount > 0 ? [(0..<tokenCount, 0)] : [] }
        var start = 0
        return groups.segments.filter { $0.count > 0 }.map { segment in
            defer { start += segment.count }
            return (start..<start + segment.count, segment.group)
        }
    }
}
