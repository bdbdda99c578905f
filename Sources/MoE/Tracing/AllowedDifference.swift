/// By how much one backend's rows should differ from another's, and how far from that they may be.
struct AllowedDifference {
    /// N: elements of a row.
    let columns: Int
    /// What other integers, scales or weights make of an element, `[R, N]`.
    var shifts: [Double]
    /// The sizes of the exact values that rounding is measured by, `[R, N]`.
    var sizes: [Double]
    /// How far from the shift a difference may be, `[R, N]`.
    var bounds: [Double]

    /// No difference between so many rows.
    init(rows: Int, columns: Int) {
        self.columns = columns
        shifts = [Double](repeating: 0, count: rows * columns)
        sizes = shifts
        bounds = shifts
    }

    /// How many rows.
    var rows: Int { columns > 0 ? shifts.count / columns : 0 }

    /// The greatest error among all elements, as a share of what the element may be off by.
    ///
    /// NaN agrees with NaN, an infinity with itself, and nothing else with either.
    ///
    /// - Parameters:
    ///   - found: the rows in question, `[R, N]`.
    ///   - wanted: the rows that they are held against, `[R, N]`.
    /// - Returns: 1 or less if all are near enough; NaN if a number is missing on one side.
    func greatestShare(of found: Matrix<Float>, beside wanted: Matrix<Float>) -> Double {
        var greatest = 0.0
        for (index, pair) in zip(found.elements, wanted.elements).enumerated() {
            let (found, wanted) = pair
            if found.isNaN && wanted.isNaN || found.isInfinite && found == wanted { continue }
            let error = abs(Double(found) - Double(wanted) - shifts[index])
            guard error != 0 else { continue }
            let share = error / bounds[index]
            guard !share.isNaN else { return .nan }
            greatest = max(greatest, share)
        }
        return greatest
    }
}

/// The same experts' stages on two backends, row by row.
struct RowPair {
    let found: ExpertTrace
    let wanted: ExpertTrace

    /// How the down-projections may differ.
    ///
    /// - Parameter experts: the experts that the rows went through.
    /// - Returns: the difference, `[R, D]`.
    func difference(_ experts: [Expert<QuantizedMatrix>]) -> AllowedDifference {
        var result = AllowedDifference(rows: wanted.output.rows, columns: wanted.output.columns)
        var row = 0
        for (expert, count) in zip(experts, wanted.counts) {
            for _ in 0..<count {
                shift(row, of: expert, in: &result)
                row += 1
            }
        }
        for index in result.sizes.indices {
            let size = result.sizes[index]
            result.bounds[index] = found.rounding.element(size) + wanted.rounding.element(size)
        }
        return result
    }

    /// What the activated row's other integers and scale make of a row, and the sizes of its values.
    private func shift(
        _ row: Int, of expert: Expert<QuantizedMatrix>, in result: inout AllowedDifference
    ) {
        let scale = Double(found.activated.scale[row])
        let other = Double(wanted.activated.scale[row])
        // The integers of a row of scale 0 mean nothing.
        let isSame = scale == 0 && other == 0
        let integers = zip(found.activated.values.row(row), wanted.activated.values.row(row))
        let changes = integers.enumerated().compactMap { index, pair -> (Int, Double)? in
            let change = Double(pair.0) - (other == 0 ? 0 : Double(pair.1))
            return change == 0 || isSame ? nil : (index, change)
        }
        let width = expert.down.values.columns, first = row * result.columns
        for column in 0..<result.columns {
            let bias = Double(expert.downBias?[column] ?? 0)
            let product = Double(wanted.output.elements[first + column]) - bias
            let scaled = other == 0 ? 0 : product * scale / other
            let sum = changes.reduce(0) { sum, change in
                sum + change.1 * Double(expert.down.values.elements[column * width + change.0])
            }
            let own = scaled + sum * scale * Double(expert.down.scale[column])
            result.shifts[first + column] = own - product
            result.sizes[first + column] = max(abs(product), abs(scaled), abs(own)) + abs(bias)
        }
    }
}
