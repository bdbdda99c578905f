import MoETestSupport
import Testing

@Suite("Tolerance of a routing")
struct RoutingToleranceTests {
    /// Two clear tokens, one whose set and one whose order hangs on rounding.
    private let golden = Tolerance.Routing(
        topK: 2,
        indices: [3, 1, 0, 2, 1, 0, 2, 3],
        weights: [0.75, 0.25, 0.5, 0.5, 0.6, 0.4, 0.5, 0.5],
        margin: [0.1, 0.1, 5e-5, 0.1],
        orderGap: [0.1, 0.1, 0.1, 5e-6])

    private func violations(
        _ change: (inout (indices: [Int32], weights: [Float])) -> Void
    ) -> [String] {
        var computed = (indices: golden.indices, weights: golden.weights)
        change(&computed)
        return Tolerance.routingViolations(
            indices: computed.indices, weights: computed.weights, golden: golden)
    }

    @Test("the golden agrees with itself")
    func itself() {
        #expect(violations { _ in } == [])
    }

    @Test("another expert is found where the choice is clear")
    func otherExpert() {
        #expect(violations { $0.indices[1] = 2 } == ["token 0: experts [3, 2], golden [3, 1]"])
    }

    @Test("another expert passes where the choice hangs on rounding")
    func closeExpert() {
        #expect(violations { $0.indices[5] = 3 } == [])
    }

    @Test("swapped slots are found where the order is clear")
    func otherOrder() {
        let found = violations {
            $0.indices.swapAt(0, 1)
            $0.weights.swapAt(0, 1)
        }
        #expect(found == ["token 0: order [1, 3], golden [3, 1]"])
    }

    @Test("swapped slots pass where the order hangs on rounding, and weights follow their expert")
    func closeOrder() {
        #expect(violations { $0.indices.swapAt(6, 7) } == [])
        #expect(
            violations {
                $0.indices.swapAt(6, 7)
                $0.weights[6] = 0.4
            } == ["token 3: weight of expert 3 is 0.4, golden 0.5"])
    }

    @Test("an expert chosen twice is found even where the choice hangs on rounding")
    func duplicate() {
        #expect(
            violations { $0.indices[5] = 1 }
                == ["token 2: experts [1, 1] are not distinct and at least 0"])
    }

    @Test("a weight may be off by 1e-5 and not by more", arguments: [(5e-6, 0), (3e-5, 1)])
    func weight(off: Float, count: Int) {
        #expect(violations { $0.weights[3] += off }.count == count)
    }

    @Test("the bound grows with the token's largest weight")
    func largeWeights() {
        let scaled = Tolerance.Routing(
            topK: 2, indices: [1, 0], weights: [12, 4], margin: [1], orderGap: [1])

        let found = Tolerance.routingViolations(
            indices: [1, 0], weights: [12.0001, 4.0001], golden: scaled)

        #expect(found == [])
    }

    @Test("a NaN weight is found")
    func notANumber() {
        #expect(violations { $0.weights[0] = .nan }.count == 1)
    }

    @Test("a list of another length is found")
    func length() {
        #expect(violations { $0.weights.removeLast() }.count == 1)
        #expect(violations { $0.indices.append(0) }.count == 1)
    }

    @Test("only tokens with the same set of experts are compared further")
    func comparable() {
        let same = Tolerance.tokensWithSameExperts(
            indices: [1, 3, 0, 1, 1, 0, 2, 3], golden: golden.indices, topK: 2)

        #expect(same == [true, false, true, true])
    }

    @Test("a group index must count its own indices, and be the golden one where all agree")
    func groupIndex() {
        func found(_ groupIndex: [Int64], _ indices: [Int32], allAgree: Bool) -> Int {
            Tolerance.groupIndexViolations(
                groupIndex, indices: indices, golden: [1, 0, 1], allExpertsAgree: allAgree
            ).count
        }

        #expect(found([1, 0, 1], [0, 2], allAgree: true) == 0)
        #expect(found([1, 0, 1], [0, 2, 5], allAgree: true) == 0)
        #expect(found([1, 1, 0], [0, 1], allAgree: false) == 0)
        #expect(found([1, 1, 0], [0, 1], allAgree: true) == 1)
        #expect(found([1, 1, 0], [0, 2], allAgree: false) == 1)
        #expect(found([1, 0], [0, 2], allAgree: true) == 2)
    }
}
