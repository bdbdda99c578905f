import Foundation
import MoE

/// The noise that rounding to int8 puts into an expert's output behind its activation.
///
/// Rounding to multiples of s adds noise of the variance s² / 12. A row a f, which meets weights
/// W / f, is rounded to multiples of its greatest magnitude / 127, and so is every output channel d
/// of the weights. Over the rows, each with its own weight, the noise in the output is in proportion
/// to
///
///     E max(a f)²  Σ c² / f²  +  Σ_d max(W[d] / f)²  E Σ (a f)²        c[h]² = Σ_d W[d, h]²
///
/// or, with `r[h]` what column h adds to the first mean where it is a row's greatest, `u[h]` likewise
/// for the sum over channels, and `p = E a²`,
///
///     Σ r f²  Σ c² / f²  +  Σ u / f²  Σ p f²
///
/// which is least where `f⁴ = (c² Σ r f² + u Σ p f²) / (r Σ c² / f² + p Σ u / f²)`.
struct DownProjectionNoise {
    private let rows: ActivatedRows.OfExpert
    private let down: Matrix<Float>
    /// c², `[H]`.
    private let weightPower: [Float]
    /// p, `[H]`, but for the sum of the rows' weights.
    private let rowPower: [Float]

    /// The noise of an expert.
    ///
    /// - Parameters:
    ///   - rows: what its down-projection reads.
    ///   - down: the down-projection, `[D, H]`.
    init(_ rows: ActivatedRows.OfExpert, _ down: Matrix<Float>) {
        self.rows = rows
        self.down = down
        let width = down.columns
        var weightPower = [Float](repeating: 0, count: width), rowPower = weightPower
        for row in 0..<down.rows {
            for (column, weight) in down.row(row).enumerated() {
                weightPower[column] += weight * weight
            }
        }
        for (row, weight) in rows.weights.enumerated() {
            for column in 0..<width {
                let magnitude = rows.magnitudes[row * width + column]
                rowPower[column] += weight * magnitude * magnitude
            }
        }
        self.weightPower = weightPower
        self.rowPower = rowPower
    }

    /// ln f of the factors that let the noise be least, `[H]`, 0 in the mean.
    ///
    /// Which columns are greatest changes with the factors, so they go towards the minimum in small
    /// steps, and the best of all are taken. A column that is always zero stays as it is.
    func leastLogarithms(steps: Int = 60, stepSize: Float = 0.15) -> [Float] {
        let columns = weightPower.indices.filter { weightPower[$0] > 0 && rowPower[$0] > 0 }
        var logarithms = [Float](repeating: 0, count: weightPower.count)
        var best = (noise: Float.infinity, logarithms: logarithms)
        for _ in 0..<steps where !columns.isEmpty {
            let factors = logarithms.map { exp($0) }
            let terms = terms(factors)
            if terms.noise < best.noise { best = (terms.noise, logarithms) }
            for column in columns {
                let wanted = log(terms.balance(column, weightPower, rowPower)) / 4
                logarithms[column] += stepSize * (wanted - logarithms[column])
            }
            let mean = columns.reduce(0) { $0 + logarithms[$1] } / Float(columns.count)
            for column in columns { logarithms[column] -= mean }
        }
        return best.logarithms
    }

    /// What the noise consists of for some factors.
    private struct Terms {
        /// r and u, `[H]`.
        var rowGreatest: [Float], weightGreatest: [Float]
        /// `Σ r f²`, `Σ c² / f²`, `Σ u / f²` and `Σ p f²`.
        var rowStep: Float = 0, weightSum: Float = 0, weightStep: Float = 0, rowSum: Float = 0

        var noise: Float { rowStep * weightSum + weightStep * rowSum }

        /// f⁴ of a column where the noise is least; c² and p are given.
        func balance(_ column: Int, _ weightPower: [Float], _ rowPower: [Float]) -> Float {
            (weightPower[column] * rowStep + weightGreatest[column] * rowSum)
                / (rowGreatest[column] * weightSum + rowPower[column] * weightStep)
        }
    }

    private func terms(_ factors: [Float]) -> Terms {
        let width = factors.count
        var terms = Terms(
            rowGreatest: Array(repeating: 0, count: width),
            weightGreatest: Array(repeating: 0, count: width))
        for (row, weight) in rows.weights.enumerated() {
            let greatest = greatest(of: rows.magnitudes, row, times: factors)
            let magnitude = rows.magnitudes[row * width + greatest]
            terms.rowGreatest[greatest] += weight * magnitude * magnitude
        }
        let inverse = factors.map { 1 / $0 }
        for row in 0..<down.rows {
            let greatest = greatest(of: down.elements, row, times: inverse)
            let weight = down[row, greatest]
            terms.weightGreatest[greatest] += weight * weight
        }
        for column in 0..<width {
            let square = factors[column] * factors[column]
            terms.rowStep += terms.rowGreatest[column] * square
            terms.rowSum += rowPower[column] * square
            terms.weightStep += terms.weightGreatest[column] / square
            terms.weightSum += weightPower[column] / square
        }
        return terms
    }

    /// The column that is greatest in a row, every column times its factor.
    private func greatest(of elements: [Float], _ row: Int, times factors: [Float]) -> Int {
        elements.withUnsafeBufferPointer { elements in
            let row = elements[row * factors.count..<(row + 1) * factors.count]
            var greatest: Float = -1, place = 0
            for (column, element) in row.enumerated() {
                let magnitude = abs(element) * factors[column]
                if magnitude > greatest { (greatest, place) = (magnitude, column) }
            }
            return place
        }
    }
}
