#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The fused operator, step by step as its definition has it, one element at a time.
///
/// The yardstick for ``dequantSwiGLUQuant(_:backend:threads:)``: every written operation is rounded once, and the
/// exponential is correctly rounded.
///
/// - Parameter call: the input and the options.
/// - Returns: `values` `[T, H]` and `scale` `[T]`.
/// - Throws: what ``dequantSwiGLUQuant(_:backend:threads:)`` throws.
public func dequantSwiGLUQuantReference(
    _ call: DequantSwiGLUQuant
) throws(MoEError) -> QuantizedRows {
    try call.validate()
    var values = Matrix<Int8>(rows: call.tokenCount, columns: call.hiddenSize, repeating: 0)
    var scale = [Float](repeating: 0, count: call.tokenCount)
    for (rows, group) in call.groupedRows {
        for row in rows {
            let v = call.activated(row: row, group: group)
            let result = call.quantized(v, group: group)
            scale[row] = result.scale
            for (h, q) in result.quotients.enumerated() {
                values[row, h] = saturatedInt8(q, in: call.range)
            }
        }
    }
    return QuantizedRows(values: values, unchecked: scale)
}

extension DequantSwiGLUQuant {
    /// D1–D5: element `[row, column]` as a float, scaled.
    private func dequantized(row: Int, column: Int, group: Int) -> Float {
        switch input {
        case .float16(let x): return x[row, column].widened
        case .bfloat16(let x): return x[row, column].widened
        case .accumulators(let x, let weightScale, let activationScale, let bias):
            var u = x[row, column]
            if case .int32(let bias) = bias { u = u &+ bias[group, column] }
            var f = Float(u)
            f = f * weightScale[group, column]
            if let activationScale { f = f * activationScale[row] }
            if case .float(let bias) = bias { f = f + bias[group, column] }
            return f
        }
    }

    /// SwiGLU of a row, before any factor.
    package func activated(row: Int, group: Int) -> [Float] {
        (0..<hiddenSize).map { h in
            let (act, lin) = columns(of: h)
            return activation(
                dequantized(row: row, column: act, group: group),
                dequantized(row: row, column: lin, group: group))
        }
    }

    /// The input columns that output column `h` is made of.
    private func columns(of h: Int) -> (act: Int, lin: Int) {
        if case .interleavedClamped = activation { return (2 * h, 2 * h + 1) }
        switch gate {
        case .left: return (h, hiddenSize + h)
        case .right: return (hiddenSize + h, h)
        }
    }

    /// Q1–Q5 or P1, P2, P4: a row's quotients before they are rounded to integers, and its scale.
    package func quantized(_ v: [Float], group: Int) -> (quotients: [Float], scale: Float) {
        switch quantization {
        case .dynamic(let smooth):
            return quantizedDynamically(
                v.enumerated().map { h, v in smooth.map { v * $0[group, h] } ?? v })
        case .static(let scale, let offset):
            let quotients = v.enumerated().map { h, v in
                let q = divided(v, by: scale, group: group, column: h)
                return offset.map { q + $0[group, h] } ?? q
            }
            return (quotients, 0)
        case .rounded:
            return (v, 0)
        }
    }

    /// Q2–Q5.
    private func quantizedDynamically(_ v: [Float]) -> (quotients: [Float], scale: Float) {
        let m = v.reduce(0) { m, v in m.isNaN || v.isNaN ? .nan : max(m, abs(v)) }
        // Atlas rounds 1/127 first with groups, and 1/scale first without.
        let scale = atlas && groups != nil ? m * (1 / 127) : m / 127
        if !m.isFinite || scale == 0 {
            return ([Float](repeating: 0, count: v.count), scale)
        }
        if atlas && groups == nil {
            let reciprocal = 1 / scale
            return (v.map { $0 * reciprocal }, scale)
        }
        return (v.map { $0 / scale }, scale)
    }

    /// P1; Atlas multiplies by the rounded reciprocal of a factor that stands for a whole row.
    private func divided(_ v: Float, by scale: QuantFactors, group: Int, column: Int) -> Float {
        if atlas, case .perGroup = scale { return v * (1 / scale[group, column]) }
        return v / scale[group, column]
    }

    /// Where the rounded quotients are cut.
    package var range: ClosedRange<Float> {
        switch quantization {
        case .dynamic: -127...127
        case .static, .rounded: -128...127
        }
    }
}

extension QuantFactors {
    /// The factor of a group and column.
    subscript(group: Int, column: Int) -> Float {
        switch self {
        case .perChannel(let factors): factors[group, column]
        case .perGroup(let factors): factors[group]
        }
    }
}

extension SwiGLU {
    /// The activation of one pair.
    func callAsFunction(_ act: Float, _ lin: Float) -> Float {
        switch self {
        case .plain:
            return sigmoidWeighted(act, exponent: act) * lin
        case .clamped(let p), .interleavedClamped(let p):
            let act = atMost(act, p.limit)
            return sigmoidWeighted(act, exponent: p.alpha * act)
                * (atLeast(atMost(lin, p.limit), -p.limit) + p.bias)
        case .clampedAfter(let limit):
            return atMost(sigmoidWeighted(act, exponent: act), limit)
                * atLeast(atMost(lin, limit), -limit)
        }
    }
}

/// `act / (1 + exp(-z))`.
private func sigmoidWeighted(_ act: Float, exponent z: Float) -> Float {
    act / (1 + Float(exp(Double(-z))))
}

// Comparisons with NaN are false, so it comes through both.
private func atMost(_ value: Float, _ limit: Float) -> Float { value > limit ? limit : value }
private func atLeast(_ value: Float, _ limit: Float) -> Float { value < limit ? limit : value }

/// Q6 and P3: half to even, then cut; NaN becomes 0.
package func saturatedInt8(_ q: Float, in range: ClosedRange<Float>) -> Int8 {
    if q.isNaN { return 0 }
    let rounded = q.rounded(.toNearestOrEven)
    return Int8(min(max(rounded, range.lowerBound), range.upperBound))
}
