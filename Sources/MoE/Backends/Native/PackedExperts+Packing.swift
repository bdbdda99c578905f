extension PackedExperts {
    /// Packs the experts one by one; each one's own matrices are dropped as soon as it is packed.
    ///
    /// - Parameters:
    ///   - experts: the weights, all of `shape`; consumed from the last one on.
    ///   - shape: the sizes.
    ///   - isGated: whether there are gate rows before the up rows.
    ///   - kernel: whose layout it is.
    ///   - threads: how many threads may work.
    /// - Throws: `configuration` if the system has no memory for them.
    init(
        packing experts: consuming [Expert<QuantizedMatrix>], shape: ExpertShape, isGated: Bool,
        kernel: GemmKernel, threads: Int
    ) throws(MoEError) {
        try self.init(
            ExpertLayout(
                kernel: kernel, shape: shape, isGated: isGated,
                hasGateUpBias: experts.contains { $0.gateUpBias != nil },
                hasDownBias: experts.contains { $0.downBias != nil }))
        while let expert = experts.popLast() {
            pack(expert, as: experts.count, threads: threads)
        }
    }

    /// Packs one expert on its own.
    ///
    /// - Parameters:
    ///   - expert: its weights; a bias that the layout has room for and it lacks is 0.
    ///   - layout: the layout of its layer.
    /// - Throws: `shape` if the weights are not of the layout's sizes, `configuration` for smooth
    ///   factors, and if the system has no memory for the weights.
    package init(
        packing expert: Expert<QuantizedMatrix>, as layout: ExpertLayout
    ) throws(MoEError) {
        let gateUp = expert.gateUp.values, down = expert.down.values, shape = layout.shape
        let gateUpRows = (layout.isGated ? 2 : 1) * shape.expertWidth
        guard gateUp.rows == gateUpRows, gateUp.columns == shape.hiddenSize,
            down.rows == shape.hiddenSize, down.columns == shape.expertWidth,
            expert.gateUpBias.map({ layout.hasGateUpBias && $0.count == gateUp.rows }) ?? true,
            expert.downBias.map({ layout.hasDownBias && $0.count == down.rows }) ?? true
        else {
            throw MoEError(
                .shape,
                "packed weights: gate·up \(gateUp.shapeText) and down \(down.shapeText), wanted "
                    + "[\(gateUpRows), \(shape.hiddenSize)] and "
                    + "[\(shape.hiddenSize), \(shape.expertWidth)] with biases to match")
        }
        guard expert.smooth == nil else {
            throw MoEError(
                .configuration, "packed weights: there is no room for an expert's smooth factors")
        }
        var one = shape
        one.expertCount = 1
        try self.init(
            ExpertLayout(
                kernel: layout.kernel, shape: one, isGated: layout.isGated,
                hasGateUpBias: layout.hasGateUpBias, hasDownBias: layout.hasDownBias))
        pack(expert, as: 0, threads: 1)
    }

    private func pack(_ expert: Expert<QuantizedMatrix>, as index: Int, threads: Int) {
        let gateUp = expert.gateUp.values, down = expert.down.values
        let gateRows = isGated ? shape.expertWidth : 0
        WorkerPool.shared.run(tiles: gate.count + self.down.count, threads: threads) { tile, _ in
            if tile < gate.count {
                if isGated {
                    pack(
                        gateUp, row: 0, layout: gate, panel: tile,
                        into: firstPanel(tile, of: index))
                }
                pack(
                    gateUp, row: gateRows, layout: gate, panel: tile,
                    into: upPanel(tile, of: index))
            } else {
                let panel = tile - gate.count
                pack(
                    down, row: 0, layout: self.down, panel: panel,
                    into: downPanel(panel, of: index))
            }
        }
        copy(expert.gateUp.scale[..<gateRows], to: gateScale(index))
        copy(expert.gateUp.scale[gateRows...], to: upScale(index))
        copy(expert.down.scale[...], to: downScale(index))
        if let bias = expert.gateUpBias {
            copy(bias[..<gateRows], to: gateBias(index))
            copy(bias[gateRows...], to: upBias(index))
        }
        if let bias = expert.downBias { copy(bias[...], to: downBias(index)) }
    }

    /// Packs the rows of one panel; `row` is the matrix's row that is the layout's first column.
    private func pack(
        _ matrix: Matrix<Int8>, row: Int, layout: PanelLayout, panel: Int,
        into out: UnsafeMutablePointer<UInt8>
    ) {
        let first = row + layout.firstColumn(panel), used = layout.usedWidth(panel)
        withRows(of: matrix, first..<first + used) { weights in
            kernel.pack(
                used: used, columns: layout.width(panel), depth: layout.depth, weights: weights,
                into: out)
        }
    }

    private func copy(_ factors: ArraySlice<Float>, to out: UnsafeMutablePointer<Float>?) {
        factors.withUnsafeBufferPointer { factors in
            guard let base = factors.baseAddress else { return }
            out?.update(from: base, count: factors.count)
        }
    }
}
