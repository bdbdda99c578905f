import MoE

/// How far a backend's result is from the reference's, by the operator's own tolerance.
struct OperatorDifference {
    /// Elements that are compared.
    private(set) var elements = 0
    /// Elements that differ by 1 next to a tie, which is allowed.
    private(set) var nearTies = 0
    /// Rows whose scale is compared, and those of them that are more than 2 ulp away.
    private(set) var rows = 0
    private(set) var looseScales = 0
    /// What is not allowed, in words.
    private(set) var failures: [String] = []

    /// Whether at least 99.9 % of elements are equal and 99 % of scales within 2 ulp.
    var isRareEnough: Bool {
        nearTies * 1000 <= max(elements, 1000) && looseScales * 100 <= max(rows, 100)
    }

    /// Compares two results of a call.
    mutating func add(
        _ call: DequantSwiGLUQuant, _ result: QuantizedRows, reference: QuantizedRows,
        _ name: String
    ) {
        guard result.values.rows == reference.values.rows,
            result.values.columns == reference.values.columns
        else {
            failures.append("\(name): shape \(result.values.shapeText)")
            return
        }
        for (run, group) in call.groupedRows {
            for row in run {
                compare(call, row: row, group: group, result, reference, "\(name) row \(row)")
            }
        }
        let tail = (call.groups?.rowCount ?? call.tokenCount)..<call.tokenCount
        for row in tail
        where result.scale[row].bitPattern != 0
            || result.values.row(row) != reference.values.row(row)
        {
            failures.append("\(name) row \(row): the tail is not zero")
        }
    }

    private mutating func compare(
        _ call: DequantSwiGLUQuant, row: Int, group: Int, _ result: QuantizedRows,
        _ reference: QuantizedRows, _ name: String
    ) {
        rows += 1
        elements += reference.values.columns
        let scale = result.scale[row], wanted = reference.scale[row]
        if wanted.isFinite && wanted > 0 && wanted < 0x1p-107 {
            // The row's maximum is below 2^-100: the integers have few bits behind them.
            if !(scale >= 0 && scale < 0x1p-100) { failures.append("\(name): scale \(scale)") }
            if result.values.row(row).contains(-128) { failures.append("\(name): -128") }
            return
        }
        if !wanted.isFinite || wanted == 0 {
            let same = wanted.isNaN ? scale.isNaN : scale.bitPattern == wanted.bitPattern
            if !same { failures.append("\(name): scale \(scale), wanted \(wanted)") }
        } else {
            let distance = abs(Int(scale.bitPattern) - Int(wanted.bitPattern))
            if distance > 4 { failures.append("\(name): scale \(scale), wanted \(wanted)") }
            if distance > 2 { looseScales += 1 }
        }
        if Array(result.values.row(row)) == Array(reference.values.row(row)) { return }
        let quotients = call.quantized(call.activated(row: row, group: group), group: group)
            .quotients
        for (h, q) in quotients.enumerated() {
            let difference = abs(Int(result.values[row, h]) - Int(reference.values[row, h]))
            guard difference != 0 else { continue }
            let toTie = abs(q - q.rounded(.down) - 0.5)
            // 2^-21 relative in v, and as much again for the scale.
            if difference == 1 && toTie <= abs(q) * 0x1p-20 {
                nearTies += 1
            } else {
                failures.append("\(name), \(h): \(result.values[row, h]) for \(q)")
            }
        }
    }
}
