/// Where the rows of a pass end: every token's weighted sum over its slots, in slot order.
///
/// A backend that takes the whole pass gets one for the routed experts and may sum while the rows
/// are in cache; `output[t] = Σ_j weights[t, j] * y[row of (t, j)]`, the token itself standing in
/// for an identity expert. Valid during one forward pass.
public struct SlotSum {
    /// How many tokens.
    public let tokenCount: Int
    /// k: slots of a token.
    public let slots: Int
    /// The row of every slot, `[T, k]`; -1 for an identity expert.
    package let rowOf: UnsafePointer<Int32>
    /// The expert of every slot, `[T, k]`.
    package let expertOf: UnsafePointer<Int32>
    /// The weight of every slot's output, `[T, k]`.
    package let weights: UnsafePointer<Float>
    /// The tokens as they came in, `[T, D]`.
    let hidden: UnsafePointer<Float>
    /// Receives the sums, `[T, D]`.
    package let output: UnsafeMutablePointer<Float>

    /// The sums of a routed batch, into `output`, `[T, D]`; nil without tokens.
    init?(
        _ tokens: borrowing TokenRows, _ routing: borrowing Routing,
        _ dispatch: borrowing Dispatch, into output: UnsafeMutablePointer<Float>
    ) {
        guard let hidden = tokens.hidden else { return nil }
        tokenCount = tokens.count
        slots = routing.topK
        rowOf = UnsafePointer(dispatch.rowOf.base)
        expertOf = UnsafePointer(routing.expertBuffer.base)
        weights = routing.outputWeights
        self.hidden = hidden
        self.output = output
    }

    /// The same slots over rows of another width.
    ///
    /// - Parameters:
    ///   - sum: the slots.
    ///   - hidden: the tokens in that width, `[T, D]`.
    ///   - output: receives the sums, `[T, D]`.
    init(
        _ sum: SlotSum, hidden: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
        tokenCount = sum.tokenCount
        slots = sum.slots
        rowOf = sum.rowOf
        expertOf = sum.expertOf
        weights = sum.weights
        self.hidden = hidden
        self.output = output
    }
}
