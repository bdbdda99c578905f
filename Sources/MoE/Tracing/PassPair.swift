/// The same pass on two backends, from the experts' rows on.
struct PassPair {
    let found: BlockTrace
    let wanted: BlockTrace

    /// How the tokens' sums over their slots may differ.
    ///
    /// - Parameter rows: how the rows may.
    /// - Returns: the difference, `[T, D]`.
    func sums(of rows: AllowedDifference) -> AllowedDifference {
        let slots = wanted.results.experts.columns, columns = rows.columns
        let isLatent = columns != wanted.hidden.columns
        var result = AllowedDifference(rows: wanted.results.experts.rows, columns: columns)
        for token in 0..<result.rows {
            for column in 0..<columns {
                var value = 0.0, other = 0.0, terms = 0.0, foundErrors = 0.0, wantedErrors = 0.0
                for slot in token * slots..<(token + 1) * slots {
                    let weight = Double(found.slots.weights[slot])
                    let otherWeight = Double(wanted.slots.weights[slot])
                    let size = max(abs(weight), abs(otherWeight))
                    guard let row = wanted.slots.row(slot) else {
                        // An identity expert gives the token as it is.
                        let x = isLatent ? 0 : Double(wanted.hidden[token, column])
                        value += weight * x
                        other += otherWeight * x
                        terms += size * abs(x)
                        continue
                    }
                    let place = row * columns + column
                    let y = Double(wanted.routed.output.elements[place])
                    value += weight * (y + rows.shifts[place])
                    other += otherWeight * y
                    terms += size * rows.sizes[place]
                    foundErrors += size * found.routed.rounding.element(rows.sizes[place])
                    wantedErrors += size * wanted.routed.rounding.element(rows.sizes[place])
                }
                let place = token * columns + column
                result.shifts[place] = value - other
                result.sizes[place] = max(abs(value), abs(other))
                func bound(_ rounding: OutputRounding, _ errors: Double) -> Double {
                    rounding.sum(
                        slots: slots, size: result.sizes[place], terms: terms, errors: errors)
                }
                result.bounds[place] =
                    bound(found.routed.rounding, foundErrors)
                    + bound(wanted.routed.rounding, wantedErrors)
            }
        }
        return result
    }

    /// How sums may differ that went through a projection, both times in float32.
    ///
    /// - Parameters:
    ///   - sums: how the sums may, `[T, L]`.
    ///   - projection: the projection, `[D, L]`.
    /// - Returns: the difference, `[T, D]`.
    func expanded(_ sums: AllowedDifference, by projection: Matrix<Float>) -> AllowedDifference {
        var result = AllowedDifference(rows: sums.rows, columns: projection.rows)
        let error = 2 * OutputRounding.float32(operations: sums.columns + 1)
        for token in 0..<result.rows {
            for column in 0..<result.columns {
                let place = token * result.columns + column
                for index in 0..<sums.columns {
                    let weight = Double(projection.elements[column * sums.columns + index])
                    let source = token * sums.columns + index, size = abs(weight)
                    result.shifts[place] += weight * sums.shifts[source]
                    result.sizes[place] += size * sums.sizes[source]
                    result.bounds[place] +=
                        size * (sums.bounds[source] * (1 + error) + sums.sizes[source] * error)
                }
            }
        }
        return result
    }

    /// How the shared expert's output may differ, its gate included.
    ///
    /// - Parameter rows: how its rows may, `[T, D]`.
    /// - Returns: the difference, `[T, D]`.
    func gated(_ rows: AllowedDifference) -> AllowedDifference {
        var result = rows
        guard let factors = wanted.sharedFactors else { return result }
        let error = 2 * OutputRounding.float32(operations: 1)
        for place in result.shifts.indices {
            let factor = Double(factors[place / rows.columns]), size = abs(factor)
            result.shifts[place] *= factor
            result.sizes[place] *= size
            result.bounds[place] =
                size * result.bounds[place] * (1 + error) + result.sizes[place] * error
        }
        return result
    }

    /// How the sums of routed and shared outputs may differ.
    func total(_ routed: AllowedDifference, _ shared: AllowedDifference) -> AllowedDifference {
        var result = routed
        let error = 2 * OutputRounding.float32(operations: 1)
        for place in result.shifts.indices {
            result.shifts[place] += shared.shifts[place]
            result.sizes[place] += shared.sizes[place]
            result.bounds[place] =
                (result.bounds[place] + shared.bounds[place]) * (1 + error)
                + result.sizes[place] * error
        }
        return result
    }
}
