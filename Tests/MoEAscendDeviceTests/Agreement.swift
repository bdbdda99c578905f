import MoE

/// A layer's pass through a device beside the same pass on the CPU.
struct Agreement {
    private let found: BlockTrace
    private let wanted: BlockTrace
    /// How much of what rounding allows them the down-projection and the sums take up.
    let outputs: OutputComparison

    /// Runs a layer on both.
    init(
        _ layer: MoELayer, _ input: Matrix<Float>, on backend: any ExpertBackend,
        routerInput: Matrix<Float>? = nil, tokenIDs: [Int32]? = nil
    ) throws(MoEError) {
        self.init(
            of: try MoEBlock(layer, backend: backend, threads: 1)
                .trace(input, routerInput: routerInput, tokenIDs: tokenIDs),
            with: try MoEBlock(
                layer, backend: BackendCatalog.backend(.reference).backend, threads: 1
            ).trace(input, routerInput: routerInput, tokenIDs: tokenIDs),
            layer: layer)
    }

    /// Compares two passes of a layer.
    init(of found: BlockTrace, with wanted: BlockTrace, layer: MoELayer) {
        self.found = found
        self.wanted = wanted
        outputs = OutputComparison(of: found, with: wanted, layer: layer)
    }

    /// What is wrong, a sentence each.
    ///
    /// - Parameter hangsOnTies: which tokens have an integer next to a tie that may go either way;
    ///   nil where nobody knows: then it is few integers, by one step each.
    /// - Returns: nothing if all is well.
    func problems(hangsOnTies: [Bool]? = nil) -> [String] {
        var problems: [String] = []
        if found.results.experts != wanted.results.experts { problems.append("other experts") }
        if found.results.groupIndex != wanted.results.groupIndex { problems.append("other counts") }
        if found.routed.accumulators == nil { problems.append("no accumulators") }
        let slots = wanted.results.experts.columns
        var tokenOf = [Int](repeating: 0, count: wanted.routed.rows.scale.count)
        for slot in 0..<wanted.results.experts.elements.count {
            if let row = wanted.slots.row(slot) { tokenOf[row] = slot / slots }
        }
        problems += compare(found.routed, wanted.routed, tokenOf, hangsOnTies)
        if let wantedShared = wanted.shared {
            guard let foundShared = found.shared else { return problems + ["no shared expert"] }
            problems += compare(
                foundShared, wantedShared, Array(0..<wanted.hidden.rows), hangsOnTies)
        }
        if !(outputs.greatest <= 1) { problems.append("beyond what rounding allows: \(outputs)") }
        return problems
    }

    private func compare(
        _ found: ExpertTrace, _ wanted: ExpertTrace, _ tokenOf: [Int], _ hangsOnTies: [Bool]?
    ) -> [String] {
        var problems: [String] = []
        let rows = Rows(found.rows, wanted.rows, where: tokenOf.map { _ in true })
        let activated = Rows(found.activated, wanted.activated, where: rows.areSame)
        for (name, stage) in [("x", rows), ("h", activated)] {
            let isFew = hangsOnTies != nil || stage.share <= 1e-3
            if stage.steps > 1 || stage.scale > 0x1p-18 || !isFew {
                problems.append("\(name): \(stage)")
            }
        }
        if self.found.quantizesOnHost, rows.share > 0 || rows.scale > 0 {
            problems.append("x is not the host's: \(rows)")
        }
        for row in tokenOf.indices where rows.areSame[row] {
            if found.accumulators?.row(row) != wanted.accumulators?.row(row) {
                problems.append("row \(row): other accumulators")
            }
        }
        guard let hangsOnTies else { return problems }
        for row in tokenOf.indices where !hangsOnTies[tokenOf[row]] && !activated.areSame[row] {
            problems.append("row \(row): an integer went the other way that was next to no tie")
        }
        return problems
    }

    /// How far the integers and scales of one stage are apart.
    private struct Rows {
        private(set) var steps = 0
        private(set) var scale = 0.0
        private(set) var areSame: [Bool]
        private var different = 0
        private var elements = 0

        init(_ found: QuantizedRows, _ wanted: QuantizedRows, where isCompared: [Bool]) {
            areSame = isCompared
            for row in isCompared.indices where isCompared[row] {
                let (a, b) = (Double(found.scale[row]), Double(wanted.scale[row]))
                if a != b, !(a.isNaN && b.isNaN) { scale = max(scale, abs(a - b) / abs(b)) }
                // The integers of a row of scale 0 mean nothing.
                guard a != 0 || b != 0 else { continue }
                elements += wanted.values.columns
                for (a, b) in zip(found.values.row(row), wanted.values.row(row)) where a != b {
                    different += 1
                    steps = max(steps, abs(Int(a) - Int(b)))
                    areSame[row] = false
                }
            }
        }

        /// The share of integers that differ; one of few is as none.
        var share: Double { different == 1 ? 0 : Double(different) / Double(max(elements, 1000)) }
    }
}
