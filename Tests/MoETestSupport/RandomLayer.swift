public import MoE

/// Layers with seeded random weights, for tests that need a shape and no model.
public struct RandomLayer: Sendable {
    let tokens: Int
    let hidden: Int
    let width: Int
    let experts: Int
    let topK: Int
    let sharedWidth: Int?
    let isGated: Bool
    let seed: UInt64

    /// A layer of given sizes, whose first projections have gate rows or not.
    public init(
        tokens: Int = 7, hidden: Int = 48, width: Int = 40, experts: Int = 8, topK: Int = 2,
        sharedWidth: Int? = nil, isGated: Bool = true, seed: UInt64 = 1
    ) {
        self.tokens = tokens
        self.hidden = hidden
        self.width = width
        self.experts = experts
        self.topK = topK
        self.sharedWidth = sharedWidth
        self.isGated = isGated
        self.seed = seed
    }

    /// A layer with int8 experts: every row quantised from normal weights by its greatest value.
    public func layer(_ change: (inout RouterConfiguration) -> Void = { _ in }) throws -> MoELayer {
        var random = SeededRandom(seed)
        var configuration = RouterConfiguration(
            topK: topK, score: .softmax, renormalization: .sum(epsilon: 0))
        change(&configuration)
        let router = Router(
            configuration: configuration,
            weight: try Matrix(
                rows: experts, columns: hidden,
                elements: random.normals(experts * hidden, scale: 0.2)))
        let routed = try (0..<experts).map { _ in try expert(width, &random) }
        let shared = try sharedWidth.map {
            SharedExpert(
                experts: .int8([try expert($0, &random)]), gate: random.normals(hidden, scale: 0.1))
        }
        return MoELayer(router: router, experts: .int8(routed), shared: shared)
    }

    /// Hidden states of the layer's width.
    public func input(tokens: Int? = nil) throws -> Matrix<Float> {
        var random = SeededRandom(seed &+ 1000)
        let tokens = tokens ?? self.tokens
        return try Matrix(
            rows: tokens, columns: hidden, elements: random.normals(tokens * hidden))
    }

    private func expert(
        _ width: Int, _ random: inout SeededRandom
    ) throws -> Expert<QuantizedMatrix> {
        Expert(
            gateUp: try matrix(isGated ? 2 * width : width, hidden, &random),
            down: try matrix(hidden, width, &random))
    }

    private func matrix(
        _ rows: Int, _ columns: Int, _ random: inout SeededRandom
    ) throws -> QuantizedMatrix {
        try QuantizedMatrix(
            values: Matrix(
                rows: rows, columns: columns,
                elements: (0..<rows * columns).map { _ in random.int8() }),
            scale: (0..<rows).map { _ in Float.random(in: 0.0005..<0.002, using: &random) })
    }
}
