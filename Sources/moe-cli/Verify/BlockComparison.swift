import MoE

/// Two traces of the same pass, stage by stage.
struct BlockComparison {
    private(set) var checks: [StageCheck] = []
    private let found: BlockTrace
    private let wanted: BlockTrace

    /// How far weights may be apart that come from float32 logits.
    private static let weights = 1e-5
    /// Relative L2 of a token in which an integer was rounded the other way.
    private static let flipped = 2e-2
    /// The share of activated integers that may be a step apart, next to a tie.
    private static let shareOfTies = 1e-3
    /// Relative difference of two scales, whose rows went through two exponentials.
    private static let scale = 0x1p-18

    /// Compares two passes of the same layer and tokens.
    init(of found: BlockTrace, with wanted: BlockTrace, layer: MoELayer) {
        self.found = found
        self.wanted = wanted
        compareRouting()
        guard found.results.experts.elements == wanted.results.experts.elements else { return }
        let outputs = OutputComparison(of: found, with: wanted, layer: layer)
        let tokens = "\(wanted.results.experts.rows) tokens"
        let rows = compare(found.routed, wanted.routed, prefix: "", down: outputs.down)
        checkBound(Stage.combine.name, tokens, outputs.combine)
        var isSame = tokensWithSameRows(rows)
        if let foundShared = found.shared, let wantedShared = wanted.shared,
            let down = outputs.sharedDown, let shared = outputs.shared
        {
            let rows = compare(foundShared, wantedShared, prefix: "shared ", down: down)
            checkBound(Stage.shared.name, tokens, shared)
            isSame = zip(isSame, rows).map { $0 && $1 }
        }
        checkBound("output", tokens, outputs.output)
        compareOthers(isSame)
    }

    private mutating func check(
        _ stage: String, _ subject: String, _ measure: String, _ found: Double, within: Double
    ) {
        checks.append(
            StageCheck(
                stage: stage, subject: subject, measure: measure, found: found, allowed: within))
    }

    /// A line for elements whose errors are measured by bounds of their own.
    private mutating func checkBound(_ stage: String, _ subject: String, _ share: Double) {
        check(stage, subject, "largest error / bound", share, within: 1)
    }

    private mutating func compareRouting() {
        let tokens = wanted.results.experts.rows, stage = Stage.route.name
        let different = (0..<tokens).count {
            found.results.experts.row($0) != wanted.results.experts.row($0)
        }
        check(stage, "\(tokens) tokens", "with other experts", Double(different), within: 0)
        let weights = Array(
            zip(found.results.weights.elements, wanted.results.weights.elements))
        let difference = weights.reduce(0.0) { most, pair in
            max(most, abs(Double(pair.0) - Double(pair.1)) / max(1, abs(Double(pair.1))))
        }
        check(
            stage, "\(weights.count) weights", "largest difference",
            different == 0 ? difference : 0, within: Self.weights)
    }

    /// Dispatch to down-projection of one set of experts, whose share of its bounds is known.
    ///
    /// - Returns: which rows have the same integers on both sides all the way.
    private mutating func compare(
        _ found: ExpertTrace, _ wanted: ExpertTrace, prefix: String, down: Double
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
        checkBound(prefix + Stage.down.name, "\(count) rows", down)
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

    /// Tokens in which an integer went the other way, from end to end.
    private mutating func compareOthers(_ isSame: [Bool]) {
        let others = isSame.indices.filter { !isSame[$0] }
        guard !others.isEmpty else { return }
        let distance = others.reduce(0.0) { most, token in
            let distance = relativeL2(
                found.results.output.row(token), wanted.results.output.row(token))
            return distance.isNaN || most.isNaN ? .nan : max(most, distance)
        }
        check(
            "output", "\(others.count) others", "relative L2", distance, within: Self.flipped)
    }

    /// Which tokens have the same integers in all their rows.
    private func tokensWithSameRows(_ rows: [Bool]) -> [Bool] {
        let slots = wanted.results.experts.columns
        return (0..<wanted.results.experts.rows).map { token in
            (token * slots..<(token + 1) * slots).allSatisfy { slot in
                wanted.slots.row(slot).map { rows[$0] } ?? true
            }
        }
    }
}
