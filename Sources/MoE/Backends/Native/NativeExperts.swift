internal import MoEKernels

/// int8 experts on packed weights: the whole pass, intermediates in cache.
///
/// An object, so that a pass hands on one word, and copies nothing of what it holds.
final class NativeExperts: ExpertPass {
    let packed: PackedExperts
    let activation: moe_activation
    let smooth: SmoothFactors?

    /// Packed experts with what is between their projections, and factors on what they activate.
    init(packed: PackedExperts, activation: Activation, smooth: SmoothFactors?) {
        self.packed = packed
        self.activation = activation.parameters
        self.smooth = smooth
    }

    var readsQuantizedTokens: Bool { true }
    var kernel: GemmKernel { packed.kernel }
    var shape: ExpertShape { packed.shape }

    func forward(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch, into rows: inout ExpertRows,
        sum: SlotSum?, threads: Int
    ) {
        let fetch: PanelFetch? =
            if let file = packed.file {
                PanelFetch(
                    packed, in: file, active: dispatch.activeExperts, threads: threads,
                    begun: &rows.native.begunSteps)
            } else { nil }
        let plan = plan(dispatch, threads: threads, fetch)
        rows.native.gather(tokens, dispatch, kernel: kernel, threads: threads)
        rows.native.resizeQuantized(rows: dispatch.rowCount, width: shape.expertWidth)
        switch plan.gateUp {
        case .columns: gateUpByColumns(dispatch, in: &rows.native, fetch, threads: threads)
        case .blocks: gateUpByBlocks(dispatch, in: &rows.native, fetch, threads: threads)
        }
        guard let sum else {
            downToRows(dispatch, into: &rows, fetch, threads: threads)
            return
        }
        switch plan.down {
        case .rows: downByRows(dispatch, sum, in: &rows.native, fetch, threads: threads)
        case .panels: downByPanels(dispatch, sum, in: &rows.native, fetch, threads: threads)
        }
    }

    private func plan(
        _ dispatch: borrowing Dispatch, threads: Int, _ fetch: PanelFetch?
    ) -> NativePlan {
        let products = dispatch.rowCount * shape.hiddenSize
        var plan = NativePlan(
            rows: dispatch.rowCount, experts: dispatch.activeExperts.count, products: products,
            threads: threads)
        if fetch?.isCold ?? false { plan.readExpertsInTurn(products: products) }
        return plan
    }
}

/// Floats or integers of a worker, rounded so that workers share no cache line.
func cacheLines(_ count: Int) -> Int { (count + 15) / 16 * 16 }
