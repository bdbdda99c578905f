import MoETestSupport
import Testing

@Suite("Tolerance of an output")
struct OutputToleranceTests {
    /// Three tokens of L2 norm 5: plain, near a tie of h, near a tie of x.
    private let golden: [Float] = [3, 4, 3, 4, 3, 4]
    private let ambiguity = Tolerance.Ambiguity(bits: [0, 1, 2], flipBound: [0, 0.01, 0])

    private func int8(
        _ change: (token: Int, by: Float), comparable: [Bool] = [true, true, true]
    ) -> [String] {
        var computed = golden
        computed[2 * change.token] += change.by
        return Tolerance.int8Violations(
            computed, golden: golden, comparable: comparable, ambiguity: ambiguity)
    }

    @Test(
        "an int8 token is held to its own bound",
        arguments: [
            (0, 4e-5, true), (0, 1e-4, false),  // 1e-5 of the norm
            (1, 0.009, true), (1, 0.02, false),  // what its flips can change
            (2, 4e-5, true), (2, 1e-4, false),  // x is quantised exactly
        ])
    func cpu(token: Int, off: Float, passes: Bool) {
        #expect(int8((token, off)).isEmpty == passes)
    }

    @Test("a flip beyond 2e-2 is found however large its bound")
    func flipCeiling() {
        let generous = Tolerance.Ambiguity(bits: [1], flipBound: [1])

        let found = Tolerance.int8Violations(
            [3.5, 4], golden: [3, 4], comparable: [true], ambiguity: generous)

        #expect(found == ["token 0: relative L2 is 0.1, wanted 0.02"])
    }

    @Test("a token that went to other experts is not compared")
    func incomparable() {
        #expect(int8((0, 1), comparable: [false, true, true]) == [])
        #expect(int8((0, 1), comparable: [true, false, false]).count == 1)
    }

    @Test(
        "float experts are held to 1e-5 as a whole and 1e-4 a token",
        arguments: [(4e-5, 0), (2e-4, 1), (1e-3, 2)])
    func float(off: Float, count: Int) {
        var computed = golden
        computed[3] += off

        let found = Tolerance.floatViolations(
            computed, golden: golden, comparable: [true, true, true])

        #expect(found.count == count)
    }

    @Test("anything but zero is found in the place of a zero row")
    func zeroRow() {
        func found(_ computed: [Float]) -> Int {
            Tolerance.int8Violations(
                computed, golden: [0, 0], comparable: [true],
                ambiguity: Tolerance.Ambiguity(bits: [0], flipBound: [0])
            ).count
        }

        #expect(found([0, -0.0]) == 0)
        #expect(found([1e-6, 0]) == 1)
    }

    @Test(
        "NaN and infinity agree with themselves alone",
        arguments: [
            (Float.nan, Float.nan, true), (.infinity, .infinity, true),
            (.nan, 1, false), (1, .nan, false), (.infinity, -.infinity, false),
            (.infinity, 1, false), (.nan, .infinity, false),
        ])
    func nonFinite(computed: Float, golden: Float, agrees: Bool) {
        let found = Tolerance.floatViolations(
            [computed, 1], golden: [golden, 1], comparable: [true])

        #expect(found.isEmpty == agrees)
    }

    @Test("an output of another size is found")
    func size() {
        #expect(
            Tolerance.floatViolations([1], golden: [1, 2], comparable: [true])
                == ["output: 1 elements, wanted 2"])
    }
}
