import MoE
import MoETestSupport
import Testing

/// Routers that read more than the hidden states, or weight in ways of their own.
@Suite("Routers with inputs of their own")
struct RouterInputTests {
    /// Two experts of the width 2 that give back something different each.
    static func block(_ router: Router, weightsInput: Bool = false) throws -> MoEBlock {
        var layer = try RandomLayer(hidden: 2, width: 8, experts: router.expertCount).layer()
        layer.router = router
        layer.weightsInput = weightsInput
        return try MoEBlock(layer, backend: BackendCatalog.backend(.reference).backend)
    }

    static let hidden = Matrix(rows: 3, columns: 2, repeating: Float(1))

    static func weight(_ rows: [[Float]]) throws -> Matrix<Float> {
        try Matrix(rows: rows.count, columns: 2, elements: rows.flatMap(\.self))
    }

    @Test("a token's id looks its experts up, in their order, weighted by the router's scores")
    func table() throws {
        let router = Router(
            configuration: RouterConfiguration(
                topK: 2, score: .logits, renormalization: .sum(epsilon: 0)),
            weight: try Self.weight([[1, 0], [3, 0], [0, 1]]),
            expertsOfToken: try Matrix(rows: 2, columns: 2, elements: [2, 1, 0, 2]))
        let found = try Self.block(router).forward(Self.hidden, tokenIDs: [1, 0, 1])
        #expect(found.experts.elements == [0, 2, 2, 1, 0, 2])
        #expect(found.weights.elements == [0.5, 0.5, 0.25, 0.75, 0.5, 0.5])
    }

    @Test("an input that is missing, not read, of another size or out of range is named")
    func refusals() throws {
        let plain = Router(
            configuration: RouterConfiguration(topK: 1, score: .logits),
            weight: try Self.weight([[1, 0], [0, 1]]))
        var byToken = plain, normed = plain
        byToken.expertsOfToken = try Matrix(rows: 2, columns: 1, elements: [0, 1])
        normed.inputNormEpsilon = 1e-6
        func message(
            _ router: Router, input: Matrix<Float>? = nil, ids: [Int32]? = nil
        ) -> String {
            do {
                _ = try Self.block(router).forward(
                    Self.hidden, routerInput: input, tokenIDs: ids)
                return "no error"
            } catch { return "\(error)" }
        }
        let missing = "this layer's router reads them beside the hidden states, and there are none"
        #expect(message(byToken) == "token ids: " + missing)
        #expect(message(normed) == "router input: " + missing)
        #expect(
            message(plain, ids: [0, 0, 0])
                == "token ids: this layer's router reads the hidden states alone")
        #expect(
            message(plain, input: Self.hidden)
                == "router input: this layer's router reads the hidden states alone")
        #expect(message(byToken, ids: [0]) == "token ids: 1 values, wanted 3")
        #expect(message(byToken, ids: [0, 2, 0]) == "token ids[1]: 2 is not within 0..<2")
        #expect(message(byToken, ids: [0, -1, 0]) == "token ids[1]: -1 is not within 0..<2")
        byToken.expertsOfToken = try Matrix(rows: 2, columns: 1, elements: [0, 2])
        #expect(
            message(byToken, ids: [0, 0, 0])
                == "router: token 1 is sent to expert 2, wanted one within 0..<2")
    }

    @Test("a router's own input is normed; scales of experts come before the factor")
    func norm() throws {
        let router = Router(
            configuration: RouterConfiguration(topK: 1, score: .logits, scalingFactor: 10),
            weight: try Self.weight([[1, 0], [0, 1]]), expertScale: [1, 2], inputNormEpsilon: 0)
        let input = try Matrix(rows: 3, columns: 2, elements: [1, 7, -7, 1, 0.5, 0.5] as [Float])
        let found = try Self.block(router).forward(Self.hidden, routerInput: input)
        #expect(found.experts.elements == [1, 1, 0])
        #expect(zip(found.weights.elements, [28, 4, 10]).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test("a sparse mixer weights each expert among the logits near its own")
    func sparseMixer() throws {
        // Of 10, 9.9, 5 and 1 the first two are within 2 % of each other.
        let router = Router(
            configuration: RouterConfiguration(
                topK: 2, score: .logits, weighting: .sparseMixer(jitter: 0.01)),
            weight: try Self.weight([[1, 0], [9.9, 0], [10, 0], [5, 0]]))
        let found = try Self.block(router).forward(
            Matrix(rows: 1, columns: 2, elements: [1, 0]))
        #expect(found.experts.elements == [2, 1])
        // 1 / (1 + e^-0.1), and 9.9 alone once 10 is taken.
        #expect(abs(found.weights.elements[0] - 0.52497919) < 1e-6)
        #expect(found.weights.elements[1] == 1)
    }

    @Test("a sparse mixer of other than two experts is refused")
    func sparseMixerOfThree() throws {
        let configuration = RouterConfiguration(
            topK: 3, score: .logits, weighting: .sparseMixer(jitter: 0.01))
        #expect(throws: MoEError.self) { try configuration.validate(expertCount: 4) }
    }

    @Test("a weight on the input and a weight on the output differ", arguments: [true, false])
    func weightsInput(_ onInput: Bool) throws {
        let router = Router(
            configuration: RouterConfiguration(
                topK: 1, score: .logits, weighting: .sigmoidOfSelected),
            weight: try Self.weight([[1, 0], [0, 2]]))
        let found = try Self.block(router, weightsInput: onInput).forward(Self.hidden)
        let plain = try Self.block(router).forward(Self.hidden)
        #expect(found.weights.elements == plain.weights.elements)
        #expect((found.output == plain.output) == !onInput)
    }

    @Test("weights on the input of experts without weights are refused")
    func identity() throws {
        var layer = try RandomLayer(hidden: 2, width: 8, experts: 2).layer()
        layer.router.weight = try Self.weight([[1, 0], [0, 2], [1, 1]])
        layer.weightsInput = true
        #expect(throws: MoEError.self) { try MoEBlock(layer) }
    }
}
