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
    let rowOf: UnsafePointer<Int32>
    let expertOf: UnsafePointer<Int32>
    let weights: UnsafePointer<Float>
    let hidden: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>

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
}
