/// Stage 2: rows in expert order, and the way back.
///
/// A row is one (token, slot) pair whose expert has weights. Rows are sorted by expert, stably, so
/// that tokens ascend within an expert; the rows of expert e are `offsets[e]..<offsets[e + 1]`.
public struct Dispatch: ~Copyable, Sendable {
    /// How many experts have weights.
    public let expertCount: Int
    /// How many rows the experts compute: `T * k` less the slots of identity experts.
    public private(set) var rowCount = 0
    /// The first row of every expert, and one past the last row, `[E + 1]`.
    package private(set) var offsets: Buffer<Int>
    var tokenOf = Buffer<Int32>()
    var rowOf = Buffer<Int32>()
    /// The weight of every row, `[R]`, where weights multiply the experts' input; else empty.
    private var inputWeight = Buffer<Float>()
    private var active: Buffer<Int>
    private var activeCount = 0

    init(expertCount: Int) {
        self.expertCount = expertCount
        self.offsets = Buffer(count: expertCount + 1)
        self.active = Buffer(count: expertCount)
    }

    /// The token of every row, `[R]`.
    public var tokenOfRow: Span<Int32> {
        @_lifetime(borrow self)
        get { tokenOf.span }
    }

    /// The row of every (token, slot) pair, `[T, k]`; -1 for an identity expert.
    public var rowOfSlot: Span<Int32> {
        @_lifetime(borrow self)
        get { rowOf.span }
    }

    /// The weight of every row where weights multiply the experts' input, else nil.
    package var inputWeights: UnsafePointer<Float>? {
        inputWeight.count > 0 ? UnsafePointer(inputWeight.base) : nil
    }

    /// The activation scale of a row: its token's scale, times a weight on the input.
    package func scale(of row: Int, token scale: UnsafePointer<Float>) -> Float {
        let scale = scale[Int(tokenOf.base[row])]
        return inputWeight.count > 0 ? scale * inputWeight.base[row] : scale
    }

    /// The experts that have rows, ascending.
    var activeExperts: UnsafeBufferPointer<Int> {
        UnsafeBufferPointer(start: active.base, count: activeCount)
    }

    /// How many rows every expert got: the count-mode `group_index`, `[E]`.
    public var groupIndex: GroupIndex {
        GroupIndex(
            validCounts: (0..<expertCount).map { offsets.base[$0 + 1] - offsets.base[$0] })
    }

    /// Sorts the routed (token, slot) pairs by expert.
    mutating func sort(_ routing: borrowing Routing) {
        let pairs = routing.tokenCount * routing.topK, topK = routing.topK
        let experts = routing.expertBuffer.base
        rowOf.resize(pairs)
        inputWeight.resize(routing.weightsInput ? pairs : 0)
        countRows(pairs: pairs, experts: experts)
        tokenOf.resize(rowCount)
        for pair in 0..<pairs {
            let expert = Int(experts[pair])
            guard expert < expertCount else {
                rowOf.base[pair] = -1
                continue
            }
            // offsets[e] walks from the expert's first row to one past its last.
            let row = offsets.base[expert]
            offsets.base[expert] = row + 1
            rowOf.base[pair] = Int32(row)
            tokenOf.base[row] = Int32(pair / topK)
            if routing.weightsInput { inputWeight.base[row] = routing.weightBuffer.base[pair] }
        }
        for expert in stride(from: expertCount, to: 0, by: -1) {
            offsets.base[expert] = offsets.base[expert - 1]
        }
        offsets.base[0] = 0
    }

    /// Sends every token to the one expert, as a shared expert has it.
    mutating func sendAll(tokens: Int) {
        rowCount = tokens
        tokenOf.resize(tokens)
        for token in 0..<tokens { tokenOf.base[token] = Int32(token) }
        offsets.base[0] = 0
        offsets.base[1] = tokens
        active.base[0] = 0
        activeCount = tokens > 0 ? 1 : 0
    }

    /// Rows that are grouped already, group g being expert g.
    mutating func assign(_ groups: GroupIndex) {
        rowCount = groups.rowCount
        activeCount = 0
        var first = 0
        for (expert, segment) in groups.segments.enumerated() {
            offsets.base[expert] = first
            first += segment.count
            if segment.count > 0 {
                active.base[activeCount] = expert
                activeCount += 1
            }
        }
        offsets.base[expertCount] = first
    }

    /// Fills `offsets` with every expert's first row and lists the experts that have rows.
    private mutating func countRows(pairs: Int, experts: UnsafePointer<Int32>) {
        for expert in 0...expertCount { offsets.base[expert] = 0 }
        for pair in 0..<pairs where experts[pair] < expertCount {
            offsets.base[Int(experts[pair])] += 1
        }
        rowCount = 0
        activeCount = 0
        for expert in 0..<expertCount {
            let count = offsets.base[expert]
            offsets.base[expert] = rowCount
            rowCount += count
            if count > 0 {
                active.base[activeCount] = expert
                activeCount += 1
            }
        }
        offsets.base[expertCount] = rowCount
    }
}
