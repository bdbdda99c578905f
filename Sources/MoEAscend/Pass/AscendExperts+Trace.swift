internal import MoE

extension AscendExperts: TracedExperts {
    package func trace(
        _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch, sum: SlotSum?, threads: Int
    ) throws(MoEError) -> ExpertTrace {
        let path = BatchPath(dispatch, sum, device.options, device.library.operators)
        guard path.count(tokens, dispatch) <= mostTokens(path) else {
            throw MoEError(
                .unsupported,
                "\(tokens.count) tokens do not go through the device at once; give it more memory "
                    + "for activations, or fewer tokens")
        }
        var trace: ExpertTrace?
        let results = Buffer<Float>(
            count: path.count(tokens, dispatch) * shape.hiddenSize)
        do throws(AscendError) {
            try run(path, tokens, dispatch, into: results.base) {
                pass, session throws(AscendError) in
                let reader = TraceReader(
                    pass: pass, session: session, sums: path.sum != nil,
                    order: try rowOrder(dispatch, path, pass, session))
                trace = try reader.trace(
                    counts: try counts(path, tokens: tokens.count, pass, session))
            }
        } catch {
            throw MoEError(error)
        }
        extendLifetime(results)
        guard let trace else {
            throw MoEError(.unsupported, "a batch without tokens has no stages to show")
        }
        return trace
    }

    /// The device's row of every row of the dispatch: the device may order an expert's rows as it
    /// likes.
    private func rowOrder(
        _ dispatch: borrowing Dispatch, _ path: BatchPath, _ pass: PlacedPass,
        _ session: DeviceSession
    ) throws(AscendError) -> [Int] {
        guard let sum = path.sum else { return Array(0..<dispatch.rowCount) }
        let rowOfSlot: [Int32] = try session.read(
            dispatch.rowCount, from: pass[pass.layout.rowOfSlot])
        var order = [Int](repeating: 0, count: dispatch.rowCount)
        for slot in 0..<dispatch.rowCount { order[Int(sum.rowOf[slot])] = Int(rowOfSlot[slot]) }
        return order
    }

    /// The rows of every expert, those of tokens that fill the shape up left out.
    private func counts(
        _ path: BatchPath, tokens: Int, _ pass: PlacedPass, _ session: DeviceSession
    ) throws(AscendError) -> [Int64] {
        var counts: [Int64] = try session.read(
            shape.expertCount, from: pass[pass.layout.counts])
        switch path {
        case .tokens(let sum):
            for slot in 0..<sum.slots {
                counts[Int(sum.expertOf[slot])] -= Int64(pass.shape.tokens - tokens)
            }
        case .oneExpert: counts[0] -= Int64(pass.shape.tokens - tokens)
        case .rows, .sortedByHost: break
        }
        return counts
    }
}

/// Reads what a pass left on the device.
private struct TraceReader {
    let pass: PlacedPass
    let session: DeviceSession
    /// Whether the device sums a token's rows.
    let sums: Bool
    /// The device's row of every row.
    let order: [Int]

    func trace(counts: [Int64]) throws(AscendError) -> ExpertTrace {
        let layout = pass.layout, hidden = pass.experts.hiddenSize
        let width = pass.experts.expertWidth
        let bits: Matrix<UInt16> = try matrix(layout.outputRows, columns: hidden)
        let isBFloat16 = session.options.output == .bf16
        let output = bits.elements.map {
            isBFloat16 ? BFloat16(bitPattern: $0).widened : Half(bitPattern: $0).widened
        }
        return ExpertTrace(
            counts: counts,
            rows: QuantizedRows(
                values: try matrix(layout.rows, columns: hidden),
                unchecked: try matrix(layout.rowScale, columns: 1).elements),
            accumulators: try matrix(layout.accumulators, columns: 2 * width),
            activated: QuantizedRows(
                values: try matrix(layout.activated, columns: width),
                unchecked: try matrix(layout.activatedScale, columns: 1).elements),
            output: Matrix(rows: order.count, columns: hidden, unchecked: output),
            rounding: isBFloat16 ? .bfloat16(sums: sums) : .float16(sums: sums))
    }

    private func matrix<Element: BitwiseCopyable & Sendable>(
        _ place: Int, columns: Int
    ) throws(AscendError) -> Matrix<Element> {
        // What lies behind the last row that belongs to a token, nobody may have written.
        let rows = (order.max() ?? -1) + 1
        let all: [Element] = try session.read(rows * columns, from: pass[place])
        return Matrix(
            rows: order.count, columns: columns,
            unchecked: order.flatMap { all[$0 * columns..<($0 + 1) * columns] })
    }
}
