/// Where every token goes: the experts of its slots and their weights.
///
/// Slots stand in descending order of the selection score, equal scores in ascending order of the
/// expert; those of experts that are always chosen stand last, in the experts' order. The weights hold renormalisation and scaling factor.
public struct Routing: ~Copyable, Sendable {
    /// How many tokens were routed.
    public private(set) var tokenCount = 0
    /// How many experts a token is sent to.
    public let topK: Int
    /// Whether the weights multiply the experts' input, in place of their output.
    let weightsInput: Bool
    var expertBuffer = Buffer<Int32>()
    var weightBuffer = Buffer<Float>()
    /// Ones in place of the weights, where those have multiplied the input.
    private var ones = Buffer<Float>()

    init(topK: Int, weightsInput: Bool = false) {
        self.topK = topK
        self.weightsInput = weightsInput
    }

    /// What the experts' outputs are multiplied by, `[T, k]`.
    var outputWeights: UnsafePointer<Float> {
        UnsafePointer(weightsInput ? ones.base : weightBuffer.base)
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
        if weightsInput {
            ones.resize(tokens * topK)
            ones.base.update(repeating: 1, count: tokens * topK)
        }
    }
}
