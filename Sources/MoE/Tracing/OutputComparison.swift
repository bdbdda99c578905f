/// The down-projections and sums of two backends, held against what rounding allows them.
///
/// Two backends may differ earlier, by an integer next to a tie or a scale's last bit; what they made
/// of *that* is not their down-projection's fault. The difference is carried along exactly: every
/// element should be the other backend's, plus what the other integers, scales and weights make of
/// it, within the errors of both sides' types as ``OutputRounding`` bounds them.
///
/// Each figure is the greatest error of an element, as a share of its bound.
package struct OutputComparison: Sendable {
    /// The routed experts' rows.
    package private(set) var down = 0.0
    /// The tokens' sums over their slots.
    package private(set) var combine = 0.0
    /// The shared expert's rows; nil where there is none.
    package private(set) var sharedDown: Double?
    /// The shared expert's output; nil where there is none.
    package private(set) var shared: Double?
    /// The block's output.
    package private(set) var output = 0.0

    /// The greatest of all.
    package var greatest: Double {
        let all = [down, combine, sharedDown ?? 0, shared ?? 0, output]
        return all.contains(where: \.isNaN) ? .nan : all.reduce(0, max)
    }

    /// Compares two passes of the same layer and tokens.
    ///
    /// - Parameters:
    ///   - found: the pass in question; its tokens went to the same experts.
    ///   - wanted: the pass that it is held against.
    ///   - layer: the layer, with int8 experts.
    package init(of found: BlockTrace, with wanted: BlockTrace, layer: MoELayer) {
        guard case .int8(let experts) = layer.experts else {
            // Nobody can say what float experts should give.
            (down, combine, output) = (.nan, .nan, .nan)
            return
        }
        let pass = PassPair(found: found, wanted: wanted)
        let rows = RowPair(found: found.routed, wanted: wanted.routed).difference(experts)
        down = rows.greatestShare(of: found.routed.output, beside: wanted.routed.output)
        var sums = pass.sums(of: rows)
        if let latent = layer.latent { sums = pass.expanded(sums, by: latent.expansion) }
        combine = sums.greatestShare(
            of: found.results.routedOutput, beside: wanted.results.routedOutput)

        var outputs = sums
        if let shared = layer.shared, case .int8(let experts) = shared.experts,
            let foundShared = found.shared, let wantedShared = wanted.shared,
            let foundOutput = found.results.sharedOutput,
            let wantedOutput = wanted.results.sharedOutput
        {
            let rows = RowPair(found: foundShared, wanted: wantedShared).difference(experts)
            sharedDown = rows.greatestShare(of: foundShared.output, beside: wantedShared.output)
            let gated = pass.gated(rows)
            self.shared = gated.greatestShare(of: foundOutput, beside: wantedOutput)
            outputs = pass.total(sums, gated)
        }
        output = outputs.greatestShare(of: found.results.output, beside: wanted.results.output)
    }
}
