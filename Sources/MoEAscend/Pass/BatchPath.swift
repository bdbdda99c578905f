internal import MoE

/// Which of the stages around the experts the device carries out for a batch.
enum BatchPath {
    /// All of them: it sorts tokens by expert, and sums their rows.
    case tokens(SlotSum)
    /// The sum: the host sorts, where the device cannot.
    case sortedByHost(SlotSum)
    /// None: rows in the dispatch's order go in and come out.
    case rows
    /// Quantising, for the one expert that all tokens go to.
    case oneExpert

    /// The path of a batch.
    ///
    /// - Parameters:
    ///   - dispatch: the rows of every expert.
    ///   - sum: the weighted sum, where there is one.
    ///   - options: how the device computes.
    ///   - operators: what this release of CANN has.
    init(
        _ dispatch: borrowing Dispatch, _ sum: SlotSum?, _ options: AscendOptions,
        _ operators: OperatorFunctions
    ) {
        let sorts = operators.initRouting != nil
        guard let sum else {
            let quantizes = options.quantization == .device && sorts
            self = quantizes && dispatch.expertCount == 1 ? .oneExpert : .rows
            return
        }
        guard operators.combine(options.output) != nil, sum.slots <= DeviceLimits.mostSlots,
            // A slot of an identity expert has no row, and the device's operators want one.
            dispatch.rowCount == sum.tokenCount * sum.slots
        else {
            self = .rows
            return
        }
        // Weights on the input are part of a row's scale, and the device knows scales of tokens.
        self = sorts && dispatch.inputWeights == nil ? .tokens(sum) : .sortedByHost(sum)
    }

    /// Where the results go that the device sums; nil where it gives rows.
    var sum: SlotSum? {
        switch self {
        case .tokens(let sum), .sortedByHost(let sum): sum
        case .rows, .oneExpert: nil
        }
    }

    /// The shape of a pass of so many tokens, or rows where rows go in.
    func shape(_ count: Int, _ options: AscendOptions) -> PassShape {
        let tokens: PassShape.Input =
            options.quantization == .host ? .quantizedTokens : .floatTokens
        return switch self {
        case .tokens(let sum):
            PassShape(input: tokens, output: .sums, tokens: count, slots: sum.slots)
        case .sortedByHost(let sum):
            PassShape(input: .rows, output: .sums, tokens: count, slots: sum.slots)
        case .rows: PassShape(input: .rows, output: .rows, tokens: count, slots: 1)
        case .oneExpert: PassShape(input: .floatTokens, output: .rows, tokens: count, slots: 1)
        }
    }

    /// Whether a pass may have more places than there are tokens, which the first then fills.
    ///
    /// Rows that the host has sorted leave no gaps for more.
    var maySpare: Bool {
        if case .sortedByHost = self { false } else { true }
    }

    /// How many tokens, or rows where rows go in, a batch has.
    func count(_ tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch) -> Int {
        if case .rows = self { dispatch.rowCount } else { tokens.count }
    }

    /// Writes the inputs of a part of a batch.
    func write(
        _ range: Range<Int>, of tokens: borrowing TokenRows, _ dispatch: borrowing Dispatch,
        to input: PassInput
    ) {
        switch self {
        case .tokens(let sum):
            input.write(tokens, range)
            input.writeSlots(sum, range)
        case .sortedByHost(let sum):
            input.writeSorted(range, tokens, sum, dispatch)
            input.writeSlots(sum, range)
        case .rows:
            input.write(rows: range, tokens, dispatch)
        case .oneExpert:
            input.write(tokens, range)
            input.writeOneExpert()
        }
    }
}
