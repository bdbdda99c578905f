import Foundation
import MoE

/// A layer of random int8 weights, and batches that send their tokens to random experts.
///
/// Weights are distributed as quantising leaves those of trained models: normally, with their
/// greatest at 127. Kernels for AVX2 multiply small weights in a shorter way than large ones.
struct SyntheticLayer {
    let shape: BenchShape
    let layer: MoELayer

    /// How the tokens fall on the experts.
    enum Routing: String, CaseIterable, Sendable {
        /// All experts alike.
        case uniform
        /// Expert i in proportion to 1 / (i + 1).
        case zipf
    }

    /// A layer of random weights.
    ///
    /// - Parameters:
    ///   - shape: its sizes.
    ///   - routing: how the tokens fall on the experts.
    ///   - hasSharedExpert: whether there is an expert of the same sizes that every token goes to,
    ///     behind a gate.
    /// - Throws: nothing that sizes of at least 1 bring about.
    init(_ shape: BenchShape, routing: Routing, hasSharedExpert: Bool = false) throws {
        var random = SplitMix64(state: 1)
        let weights = Self.weights
        self.shape = shape
        func matrix(_ rows: Int, _ columns: Int) throws -> QuantizedMatrix {
            try QuantizedMatrix(
                values: Matrix(
                    rows: rows, columns: columns,
                    elements: random.draw(rows * columns, from: weights)),
                // Each its own: a comparison has to see scales of the wrong channels.
                scale: random.floats(rows, within: 0.0005).map { 0.001 + $0 })
        }
        func expert() throws -> Expert<QuantizedMatrix> {
            Expert(
                gateUp: try matrix(2 * shape.width, shape.hidden),
                down: try matrix(shape.hidden, shape.width))
        }
        let experts = try (0..<shape.experts).map { _ in try expert() }
        // Logits of about unit size, so that the bias of a skewed routing weighs as it should; of
        // weights in bfloat16, as checkpoints store a router's.
        let routerWeights = random.floats(
            shape.experts * shape.hidden, within: 3 / Float(shape.hidden).squareRoot())
        let router = Router(
            configuration: RouterConfiguration(
                topK: shape.topK, score: .softmax, renormalization: .sum(epsilon: 0)),
            weight: try Matrix(
                rows: shape.experts, columns: shape.hidden,
                elements: routerWeights.map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }),
            logitBias: routing == .uniform
                ? nil : (0..<shape.experts).map { -log(Float($0 + 1)) })
        let shared =
            hasSharedExpert
            ? SharedExpert(
                experts: .int8([try expert()]),
                gate: random.floats(shape.hidden, within: 3 / Float(shape.hidden).squareRoot()))
            : nil
        self.layer = MoELayer(router: router, experts: .int8(experts), shared: shared)
    }

    /// 65,536 weights of a normal distribution whose 3.5 standard deviations are 127.
    private static let weights: [Int8] = {
        func share(below value: Double) -> Int {
            Int((32_768 * (1 + erf(value / (127 / 3.5) / 2.0.squareRoot()))).rounded())
        }
        let ends = (-127...126).map { share(below: Double($0) + 0.5) } + [65_536]
        var weights: [Int8] = []
        for (value, end) in zip(Int8(-127)...127, ends) {
            weights += repeatElement(value, count: end - weights.count)
        }
        return weights
    }()

    /// A batch of random tokens.
    static func batch(tokens: Int, width: Int) throws -> Matrix<Float> {
        var random = SplitMix64(state: 2)
        return try Matrix(
            rows: tokens, columns: width, elements: random.floats(tokens * width, within: 1.7))
    }

    /// Batches of random tokens, different ones each time, so that no weights stay in a cache.
    func batches(tokens: Int, count: Int) throws -> [Matrix<Float>] {
        try Self.batches(tokens: tokens, hidden: shape.hidden, count: count)
    }

    /// Batches of random tokens of a width.
    static func batches(tokens: Int, hidden: Int, count: Int) throws -> [Matrix<Float>] {
        var random = SplitMix64(state: 2)
        return try (0..<count).map { _ in
            try Matrix(
                rows: tokens, columns: hidden, elements: random.floats(tokens * hidden, within: 1.7)
            )
        }
    }
}

/// Random numbers for weights by the gigabyte: one state word, eight bytes a step.
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Elements of a table of 65,536.
    mutating func draw(_ count: Int, from table: [Int8]) -> [Int8] {
        [Int8](unsafeUninitializedCapacity: count) { buffer, initialized in
            for start in stride(from: 0, to: count, by: 4) {
                var bits = next()
                for index in start..<min(start + 4, count) {
                    buffer[index] = table[Int(bits & 0xFFFF)]
                    bits >>= 16
                }
            }
            initialized = count
        }
    }

    /// Values spread evenly over `-bound...bound`.
    mutating func floats(_ count: Int, within bound: Float) -> [Float] {
        (0..<count).map { _ in (Float(next() >> 40) / Float(1 << 23) - 1) * bound }
    }
}
