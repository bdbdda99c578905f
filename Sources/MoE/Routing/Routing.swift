/// Where every token goes: the experts of its slots and their weights.
///
/// Slots stand in descending order of the selection score, equal scores in ascending order of the
/// expert. The weights hold renormalisation and scaling factor.
public struct Routing: ~Copyable, Sendable {
    /// How many tokens were routed.
    public private(set) var tokenCount = 0
    /// How many experts a token is sent to.
    public let topK: Int
    var expertBuffer = Buffer<Int32>()
    var weightBuffer = Buffer<Float>()

    init(topK: Int) {
        self.topK = topK
    }

    /// The expert of every slot, `[T, k]`; identity experts follow the real ones.
    public var experts: Span<Int32> {
        @_lifetime(borrow self)
        get { expertBuffer.span }
    }

    /// The weight of every slot, `[T, k]`.
    public var weights: Span<Float> {
        @_lifetime(borrow self)
        get { weightBuffer.span }
    }

    mutating func resize(tokens: Int) {
        tokenCount = tokens
        expertBuffer.resize(tokens * topK)
        weightBuffer.resize(tokens * topK)
    }
}
