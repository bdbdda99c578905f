internal import MoE

/// Host memory laid out as the inputs of a pass are on the device.
struct PassInput {
    let pass: PlacedPass
    private let base: UnsafeMutableRawPointer

    /// The inputs of a pass, in memory of `layout.inputByteCount` bytes.
    init(_ pass: PlacedPass, at base: UnsafeMutableRawPointer) {
        self.pass = pass
        self.base = base
    }

    private func place<Element>(
        _ offset: Int, of type: Element.Type
    ) -> UnsafeMutablePointer<Element> {
        (base + offset).assumingMemoryBound(to: type)
    }

    /// Tokens in int8 with their scales, or in float32; the first fills the shape up.
    ///
    /// - Parameters:
    ///   - tokens: the batch.
    ///   - range: which tokens of it.
    func write(_ tokens: borrowing TokenRows, _ range: Range<Int>) {
        let hidden = pass.experts.hiddenSize
        switch pass.shape.input {
        case .quantizedTokens:
            fill(
                pass.layout.tokens, from: tokens.values.base + range.lowerBound * hidden,
                range.count, width: hidden)
            fill(
                pass.layout.tokenScale, from: tokens.scale.base + range.lowerBound, range.count,
                width: 1)
        case .floatTokens:
            guard let rows = tokens.hidden else { return }
            fill(
                pass.layout.tokens, from: rows + range.lowerBound * hidden, range.count,
                width: hidden)
        case .rows: break
        }
    }

    /// Where the tokens go, and with what weights; tokens that fill the shape up go where the first
    /// goes, with weights of 0.
    func writeSlots(_ sum: SlotSum, _ range: Range<Int>) {
        let first = range.lowerBound * sum.slots, count = range.count
        if pass.shape.input != .rows {
            fill(pass.layout.expertOfSlot, from: sum.expertOf + first, count, width: sum.slots)
        }
        guard pass.shape.output == .sums else { return }
        let weights = place(pass.layout.weights, of: Float.self)
        weights.update(from: sum.weights + first, count: count * sum.slots)
        (weights + count * sum.slots).update(
            repeating: 0, count: (pass.shape.tokens - count) * sum.slots)
    }

    /// All tokens to the one expert there is.
    func writeOneExpert() {
        place(pass.layout.expertOfSlot, of: Int32.self).update(repeating: 0, count: pass.shape.rows)
    }

    /// Rows in the order of a dispatch: values, scales, and how many each expert has.
    ///
    /// - Parameters:
    ///   - rows: which rows of the dispatch.
    ///   - tokens: the batch.
    ///   - dispatch: the rows of every expert.
    func write(
        rows: Range<Int>, _ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch
    ) {
        let counts = place(pass.layout.counts, of: Int64.self)
        let values = place(pass.layout.rows, of: Int8.self)
        let rowScale = place(pass.layout.rowScale, of: Float.self)
        for expert in 0..<dispatch.expertCount {
            let own = dispatch.offsets.base[expert]..<dispatch.offsets.base[expert + 1]
            counts[expert] = Int64(own.clamped(to: rows).count)
        }
        for row in rows {
            let place = row - rows.lowerBound
            let scale = tokens.write(
                token: Int(dispatch.tokenOfRow[row]), to: values + place * tokens.width)
            rowScale[place] = dispatch.inputWeights.map { scale * $0[row] } ?? scale
        }
    }

    /// Sorts tokens by expert on the host, as the device's routing stage does: rows, scales, counts,
    /// and the row of every slot.
    ///
    /// - Parameters:
    ///   - range: which tokens.
    ///   - tokens: the batch.
    ///   - sum: the experts of every slot, none of them an identity expert.
    ///   - dispatch: the rows of the whole batch.
    func writeSorted(
        _ range: Range<Int>, _ tokens: borrowing TokenRows, _ sum: SlotSum,
        _ dispatch: borrowing Dispatch
    ) {
        let counts = place(pass.layout.counts, of: Int64.self)
        let rowOfSlot = place(pass.layout.rowOfSlot, of: Int32.self)
        let rowScale = place(pass.layout.rowScale, of: Float.self)
        let values = place(pass.layout.rows, of: Int8.self)
        let experts = pass.experts.expertCount, slots = sum.slots
        let inputWeights = dispatch.inputWeights, rowOf = sum.rowOf + range.lowerBound * slots
        let expertOf = sum.expertOf + range.lowerBound * slots, pairs = range.count * slots
        counts.update(repeating: 0, count: experts)
        for pair in 0..<pairs { counts[Int(expertOf[pair])] += 1 }
        withUnsafeTemporaryAllocation(of: Int.self, capacity: experts) { next in
            var row = 0
            for expert in 0..<experts {
                next[expert] = row
                row += Int(counts[expert])
            }
            for pair in 0..<pairs {
                let expert = Int(expertOf[pair]), row = next[expert]
                next[expert] += 1
                rowOfSlot[pair] = Int32(row)
                let scale = tokens.write(
                    token: range.lowerBound + pair / slots, to: values + row * tokens.width)
                rowScale[row] = inputWeights.map { scale * $0[Int(rowOf[pair])] } ?? scale
            }
        }
    }

    /// `count` rows, and the first of them again until the shape is full.
    private func fill<Element: BitwiseCopyable>(
        _ offset: Int, from rows: UnsafePointer<Element>, _ count: Int, width: Int
    ) {
        let out = place(offset, of: Element.self)
        out.update(from: rows, count: count * width)
        for row in count..<max(count, pass.shape.tokens) {
            (out + row * width).update(from: rows, count: width)
        }
    }
}
