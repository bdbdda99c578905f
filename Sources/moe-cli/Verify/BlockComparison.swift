import MoE

/// Two traces of the same pass, stage by stage.
struct BlockComparison {
    private(set) var checks: [StageCheck] = []
    private let found: BlockTrace
    private let wanted: BlockTrace
    private let topK: Int

    /// Relative error of float32 sums in another order.
    private static let exact = 1e-5
    /// Relative L2 of a token in which an integer was rounded the other way.
    private static let flipped = 2e-2
    /// The share of activated integers that may be a step apart, next to a tie.
    private static let shareOfTies = 1e-3
    /// Relative difference of two scales, whose rows went through two exponentials.
    private static let scale = 0x1p-18

    init(of found: BlockTrace, with wanted: BlockTrace, topK: Int) {
        self.found = found
        self.wanted = wanted
        self.topK = topK
        compareRouting()
        guard found.results.experts.elements == wanted.results.experts.elements else { return }
        let routed = compare(found.routed, wanted.routed, prefix: "")
        compareSums(
            found.results.routedOutput, wanted.results.routedOutput, stage: Stage.combine.name,
            isSame: tokensWithSameRows(routed))
        guard let foundShared = found.shared, let wantedShared = wanted.shared,
            let foundOutput = found.results.sharedOutput,
            let wantedOutput = wanted.results.sharedOutput
        else { return }
        let shared = compare(foundShared, wantedShared, prefix: "shared ")
        compareSums(foundOutput, wantedOutput, stage: Stage.shared.name, isSame: shared)
        let same = zip(tokensWithSameRows(routed), shared).map { $0 && $1 }
        compareSums(
            found.results.output, wanted.results.output, stage: "output", isSame: same)
    }

    private mutating func check(
        _ stage: String, _ subject: String, _ measure: String, _ found: Double, within: Double
    ) {
        checks.append(
            StageCheck(
                stage: stage, subject: subject, measure: measure, found: found, allowed: within))
    }

    private mutating func compareRouting() {
        let tokens = wanted.results.experts.rows, stage = Stage.route.name
        let different = (0..<tokens).count {
            found.results.experts.row($0) != wanted.results.experts.row($0)
        }
        check(stage, "\(tokens) tokens", "with other experts", Double(different), within: 0)
        let weights = zip(found.results.weights.elements, wanted.results.weights.elements)
        let difference = weights.reduce(0.0) { most, pair in
            max(most, abs(Double(pair.0) - Double(pair.1)) / max(1, abs(Double(pair.1))))
        }
        check(
            stage, "\(tokens * topK) weights", "largest difference",
            different == 0 ? difference : 0, within: Self.exact)
    }

    /// Dispatch to down-projection of one set of experts.
    ///
    /// - Returns: which rows have the same integers on both sides all the way.
    private mutating func compare(
        _ found: ExpertTrace, _ wanted: ExpertTrace, prefix: String
    ) -> [Bool] {
        let count = wanted.rows.scale.count
        let counts = zip(found.counts, wanted.counts).count { $0 != $1 }
        check(
            prefix + Stage.dispatch.name, "\(wanted.counts.count) counts", "different",
            Double(counts), within: 0)
        let all = [Bool](repeating: true, count: count)
        let quantized = compare(
            found.rows, wanted.rows, where: all, prefix + Stage.quantize.name,
            share: self.found.quantizesOnHost ? 0 : Self.shareOfTies)
        compareAccumulators(found, wanted, where: quantized, prefix + Stage.gateUp.name)
        let activated = compare(
            found.activated, wanted.activated, where: quantized, prefix + Stage.activate.name,
            share: Self.shareOfTies)
        let difference = activated.indices.reduce(0.0) { most, row in
            activated[row]
                ? max(most, greatestDifference(found.output.row(row), wanted.output.row(row)))
                : most
        }
        check(
            prefix + Stage.down.name, "\(activated.count { $0 }) rows", "largest, of the row's",
            difference, within: max(Self.exact, Double(found.roundoff(beside: wanted))))
        return activated
    }

    /// The integers and scales of one stage.
    private mutating func compare(
        _ found: QuantizedRows, _ wanted: QuantizedRows, where isCompared: [Bool],
        _ stage: String, share: Double
    ) -> [Bool] {
        let difference = RowDifference(found, wanted, where: isCompared)
        let subject = "\(difference.rows) rows"
        check(stage, subject, "share of integers apart", difference.share, within: share)
        check(
            stage, subject, "steps apart", Double(difference.steps), within: share > 0 ? 1 : 0)
        check(
            stage, subject, "scale, relative", difference.scale, within: share > 0 ? Self.scale : 0)
        return difference.areSame
    }

    private mutating func compareAccumulators(
        _ found: ExpertTrace, _ wanted: ExpertTrace, where isCompared: [Bool], _ stage: String
    ) {
        guard let a = found.accumulators, let b = wanted.accumulators else { return }
        let different = isCompared.indices.count { isCompared[$0] && a.row($0) != b.row($0) }
        check(
            stage, "\(isCompared.count { $0 }) rows", "different", Double(different), within: 0)
    }

    /// Every token's sum: near where its rows are the same, not far where an integer differs.
    private mutating func compareSums(
        _ found: Matrix<Float>, _ wanted: Matrix<Float>, stage: String, isSame: [Bool]
    ) {
        var near = 0.0, far = 0.0
        for token in isSame.indices {
            let distance = relativeL2(found.row(token), wanted.row(token))
            if isSame[token] { near = max(near, distance) } else { far = max(far, distance) }
        }
        let same = isSame.count { $0 }
        // Rows of 16 bits may cancel in a sum, and the sum is rounded once more.
        let roundoff = Double(self.found.routed.roundoff(beside: self.wanted.routed))
        check(
            stage, "\(same) tokens", "relative L2", near,
            within: max(Self.exact, 2 * roundoff))
        guard same < isSame.count else { return }
        check(
            stage, "\(isSame.count - same) others", "relative L2", far, within: Self.flipped)
    }

    /// Which tokens have the same integers in all their rows.
    private func tokensWithSameRows(_ rows: [Bool]) -> [Bool] {
        let tokens = wanted.results.experts.rows
        var isSame = [Bool](repeating: true, count: tokens)
        // Rows stand by expert, and by token within an expert.
        var next = wanted.routed.counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int($1)) }
        for token in 0..<tokens {
            for expert in wanted.results.experts.row(token)
            where Int(expert) < wanted.routed.counts.count {
                isSame[token] = isSame[token] && rows[next[Int(expert)]]
                next[Int(expert)] += 1
            }
        }
        return isSame
    }
}

extension ExpertTrace {
    /// The greatest relative error that the types of two traces' rows bring.
    fileprivate func roundoff(beside other: ExpertTrace) -> Float {
        outputRoundoff + other.outputRoundoff
    }
}
