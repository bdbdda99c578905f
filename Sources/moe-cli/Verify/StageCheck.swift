import MoE

/// One line of the table: what was compared, how far apart it is, how far it may be.
struct StageCheck {
    /// The stage's name.
    let stage: String
    /// What was compared, and of how many rows or tokens.
    let subject: String
    /// The measure's name.
    let measure: String
    let found: Double
    let allowed: Double

    /// Whether it is near enough; NaN is not.
    var passes: Bool { found <= allowed }
}

/// How two sets of int8 rows with scales differ.
struct RowDifference {
    /// Rows that were compared.
    private(set) var rows = 0
    private var elements = 0
    private var different = 0
    /// The greatest difference of two integers.
    private(set) var steps = 0
    /// The greatest difference of two scales, relative.
    private(set) var scale = 0.0
    /// Which rows have the same integers on both sides.
    private(set) var areSame: [Bool]

    /// Compares the rows that `isCompared` names.
    init(_ found: QuantizedRows, _ wanted: QuantizedRows, where isCompared: [Bool]) {
        areSame = [Bool](repeating: false, count: wanted.scale.count)
        for row in isCompared.indices where isCompared[row] {
            rows += 1
            scale = max(scale, relative(found.scale[row], wanted.scale[row]))
            // The integers of a row of scale 0 mean nothing, whatever they are.
            let isZero = found.scale[row] == 0 && wanted.scale[row] == 0
            let pairs = isZero ? [] : Array(zip(found.values.row(row), wanted.values.row(row)))
            let differences = pairs.map { abs(Int($0) - Int($1)) }
            elements += wanted.values.columns
            different += differences.count { $0 > 0 }
            steps = max(steps, differences.max() ?? 0)
            areSame[row] = differences.allSatisfy { $0 == 0 }
        }
    }

    /// The share of integers that differ; up to one of few is as none.
    var share: Double { Double(different) / Double(max(elements, 1000)) }
}

/// ‖found − wanted‖ / ‖wanted‖ of two rows; 0 where both are NaN all over.
func relativeL2(_ found: ArraySlice<Float>, _ wanted: ArraySlice<Float>) -> Double {
    var difference = 0.0, norm = 0.0
    for (a, b) in zip(found, wanted) where !(a.isNaN && b.isNaN) {
        difference += (Double(a) - Double(b)) * (Double(a) - Double(b))
        norm += Double(b) * Double(b)
    }
    return difference == 0 ? 0 : (difference / norm).squareRoot()
}

private func relative(_ found: Float, _ wanted: Float) -> Double {
    if found == wanted || (found.isNaN && wanted.isNaN) { return 0 }
    return abs(Double(found) - Double(wanted)) / abs(Double(wanted))
}
