import MoE
import Testing

@Suite("The router")
struct RouterTests {
    @Test("takes the greatest scores first and the lower index of equal ones")
    func ties() throws {
        let found = try route(
            logits: [1, 3, 3, 2, 3], RouterConfiguration(topK: 4, score: .logits))

        #expect(found.experts == [1, 2, 4, 3])
        #expect(found.weights == [3, 3, 3, 2])
    }

    @Test("scores by softmax over all experts, renormalised only if asked")
    func softmax() throws {
        // exp of 0, ln 2, ln 5: shares 1/8, 2/8, 5/8.
        let logits: [Float] = [0, 0.6931472, 1.609438]
        let plain = RouterConfiguration(topK: 2, score: .softmax)
        var normalised = plain
        normalised.renormalization = .sum(epsilon: 0)

        #expect(isClose(try route(logits: logits, plain).weights, [0.625, 0.25]))
        #expect(isClose(try route(logits: logits, normalised).weights, [5.0 / 7, 2.0 / 7]))
    }

    @Test("scores by sigmoid, and by the root of softplus")
    func otherScores() throws {
        let sigmoid = try route(logits: [0, -1], RouterConfiguration(topK: 2, score: .sigmoid))
        let softplus = try route(
            logits: [0, 100, -100], RouterConfiguration(topK: 3, score: .sqrtSoftplus))

        #expect(isClose(sigmoid.weights, [0.5, 0.26894143]))
        #expect(softplus.experts == [1, 0, 2])
        #expect(isClose(softplus.weights, [10, 0.8325546, 0]))
    }

    @Test("selects with the correction bias and weighs without it")
    func correction() throws {
        let found = try route(
            logits: [2, 1, 0], RouterConfiguration(topK: 2, score: .logits),
            correctionBias: [0, 0, 3])

        #expect(found.experts == [2, 0])
        #expect(found.weights == [0, 2])
    }

    @Test("adds the logit bias before everything")
    func logitBias() throws {
        let found = try route(
            logits: [2, 1, 0], RouterConfiguration(topK: 1, score: .logits),
            logitBias: [0, 0, 3])

        #expect(found.experts == [2])
        #expect(found.weights == [3])
    }

    @Test("keeps to the groups with the greatest maximum, or the greatest best two")
    func groups() throws {
        // Groups (9, 0), (6, 5), (7, 1): by maximum 0 and 2 win, by the best two 1 and 0.
        let logits: [Float] = [9, 0, 6, 5, 7, 1]
        func configuration(
            _ ranking: RouterConfiguration.Groups.Ranking
        ) -> RouterConfiguration {
            RouterConfiguration(
                topK: 3, score: .logits,
                groups: .init(count: 3, kept: 2, ranking: ranking, mask: .minusInfinity))
        }

        #expect(try route(logits: logits, configuration(.maximum)).experts == [0, 4, 5])
        #expect(try route(logits: logits, configuration(.sumOfTopTwo)).experts == [0, 2, 3])
    }

    @Test("never selects from a masked group, unless the mask is zero and beats what is left")
    func masks() throws {
        let logits: [Float] = [-1, -2, -30, -40]
        func configuration(_ mask: RouterConfiguration.Groups.Mask) -> RouterConfiguration {
            RouterConfiguration(
                topK: 2, score: .logits,
                groups: .init(count: 2, kept: 1, ranking: .sumOfTopTwo, mask: mask))
        }

        #expect(try route(logits: logits, configuration(.minusInfinity)).experts == [0, 1])
        #expect(try route(logits: logits, configuration(.zero)).experts == [2, 3])
    }

    @Test("weighs the selected logits by softmax or sigmoid")
    func weightings() throws {
        var configuration = RouterConfiguration(topK: 2, score: .logits)
        configuration.weighting = .softmaxOfSelected
        let softmax = try route(logits: [0, 1.0986123, -5], configuration)
        configuration.weighting = .sigmoidOfSelected
        let sigmoid = try route(logits: [0, 1.0986123, -5], configuration)

        #expect(isClose(softmax.weights, [0.75, 0.25]))
        #expect(isClose(sigmoid.weights, [0.75, 0.5]))
    }

    @Test("renormalises with an epsilon or a floor, then scales")
    func renormalization() throws {
        var configuration = RouterConfiguration(topK: 2, score: .logits, scalingFactor: 10)
        configuration.renormalization = .sum(epsilon: 1)
        #expect(isClose(try route(logits: [2, 1], configuration).weights, [5, 2.5]))
        configuration.renormalization = .sumAtLeast(minimum: 6)
        #expect(isClose(try route(logits: [2, 1], configuration).weights, [20.0 / 6, 10.0 / 6]))
        configuration.renormalization = .sumAtLeast(minimum: 1)
        #expect(isClose(try route(logits: [2, 1], configuration).weights, [20.0 / 3, 10.0 / 3]))
    }

    @Test("always chooses the last experts beside the selected ones, and shares the weights")
    func alwaysChosen() throws {
        // Of four experts and two more: 3 and 2 by logit; the shares of 3, 2, -1 and 9 in 13.
        let configuration = RouterConfiguration(
            topK: 4, alwaysChosen: 2, score: .logits, renormalization: .sum(epsilon: 0),
            scalingFactor: 26)
        let found = try route(logits: [2, 0, 3, 1, -1, 9], configuration)
        let corrected = try route(
            logits: [2, 0, 3, 1, -1, 9], configuration, correctionBias: [0, 9, 0, 0, 99, 99])

        #expect(found.experts == [2, 0, 4, 5])
        #expect(isClose(found.weights, [6, 4, -2, 18]))
        #expect(corrected.experts == [1, 2, 4, 5])
    }

    @Test("puts NaN logits behind all others and keeps the experts distinct")
    func notANumber() throws {
        let some = try route(
            logits: [.nan, 1, .nan, 2], RouterConfiguration(topK: 3, score: .logits))
        let all = try route(
            logits: [.nan, .nan, .nan], RouterConfiguration(topK: 2, score: .softmax))

        #expect(some.experts == [3, 1, 0])
        #expect(all.experts == [0, 1])
    }

    @Test(
        "is refused where no token could be routed",
        arguments: [
            (
                RouterConfiguration(topK: 2, alwaysChosen: 2, score: .sigmoid),
                "2 experts that are always chosen leave nothing to select of top-k 2"
            ),
            (
                RouterConfiguration(
                    topK: 3, alwaysChosen: 1, score: .sigmoid,
                    groups: .init(
                        count: 2, kept: 1, ranking: .maximum, mask: .minusInfinity)),
                "experts that are always chosen stand beside no groups of experts"
            ),
            (RouterConfiguration(topK: 0, score: .softmax), "top-k 0"),
            (RouterConfiguration(topK: 7, score: .softmax), "top-k 7"),
            (RouterConfiguration(topK: 1, score: .softmax, scalingFactor: .nan), "scaling factor"),
            (grouped(topK: 1, count: 4, kept: 1), "6 experts cannot form 4"),
            (grouped(topK: 1, count: 3, kept: 4), "4 kept groups"),
            (grouped(topK: 3, count: 3, kept: 1), "fewer than top-k 3"),
            (grouped(topK: 1, count: 6, kept: 2), "groups of one expert"),
        ])
    func refusals(_ configuration: RouterConfiguration, message: String) throws {
        let error = #expect(throws: MoEError.self) {
            try route(logits: [1, 2, 3, 4, 5, 6], configuration)
        }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains(message) == true)
    }

    private static func grouped(topK: Int, count: Int, kept: Int) -> RouterConfiguration {
        RouterConfiguration(
            topK: topK, score: .sigmoid,
            groups: .init(count: count, kept: kept, ranking: .sumOfTopTwo, mask: .minusInfinity))
    }

    /// Routes one token whose logits are the numbers given: hidden size 1, x = 1.
    private func route(
        logits: [Float], _ configuration: RouterConfiguration, logitBias: [Float]? = nil,
        correctionBias: [Float]? = nil
    ) throws -> (experts: [Int32], weights: [Float]) {
        let gateUp = try QuantizedMatrix(
            values: Matrix(rows: 2, columns: 1, repeating: 0), scale: [0, 0])
        let down = try QuantizedMatrix(
            values: Matrix(rows: 1, columns: 1, repeating: 0), scale: [0])
        let expert = Expert(gateUp: gateUp, down: down)
        let layer = MoELayer(
            router: Router(
                configuration: configuration,
                weight: try Matrix(rows: logits.count, columns: 1, elements: logits),
                logitBias: logitBias, correctionBias: correctionBias),
            experts: .int8(Array(repeating: expert, count: logits.count)))
        let result = try MoEBlock(layer).forward(Matrix(rows: 1, columns: 1, elements: [1]))
        return (result.experts.elements, result.weights.elements)
    }

    private func isClose(_ found: [Float], _ wanted: [Float]) -> Bool {
        found.count == wanted.count && zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-6 }
    }
}
