extension Tolerance {
    /// How much of a token hangs on rounding to int8.
    public struct Ambiguity: Sendable {
        /// Bit 0: an element of h, bit 1: an element of x, lies near a rounding tie; `[T]`.
        public var bits: [UInt8]
        /// The L2 norm of what the near-tie elements of h can change, `[T]`.
        public var flipBound: [Float]

        /// The ambiguity of a golden block.
        public init(bits: [UInt8], flipBound: [Float]) {
            self.bits = bits
            self.flipBound = flipBound
        }
    }

    /// Relative L2 that float32 sums in another order may reach.
    public static let exact = 1e-5
    /// Relative L2 of one token with float experts.
    public static let floatToken = 1e-4
    /// Relative L2 of an int8 token in which an element was rounded the other way.
    public static let flipped = 2e-2

    /// What is wrong with an output of float experts.
    ///
    /// - Parameters:
    ///   - computed: the output, `[T, D]`.
    ///   - golden: what it should be, `[T, D]`.
    ///   - comparable: the tokens that went to the golden experts, `[T]`.
    /// - Returns: a sentence for each violation.
    public static func floatViolations(
        _ computed: [Float], golden: [Float], comparable: [Bool]
    ) -> [String] {
        violations(computed, golden: golden, comparable: comparable) { distances in
            var violations: [String] = []
            let whole = distances.reduce(into: Distance()) { $0.add($1.distance) }
            if !(whole.relative <= exact) {
                violations.append("output: relative L2 is \(whole.relative), wanted \(exact)")
            }
            for (token, distance) in distances where !(distance.relative <= floatToken) {
                violations.append(
                    "token \(token): relative L2 is \(distance.relative), wanted \(floatToken)")
            }
            return violations
        }
    }

    /// What is wrong with an output of int8 experts.
    ///
    /// - Parameters:
    ///   - computed: the output, `[T, D]`.
    ///   - golden: what it should be, `[T, D]`.
    ///   - comparable: the tokens that went to the golden experts, `[T]`.
    ///   - ambiguity: how much of every token hangs on rounding.
    /// - Returns: a sentence for each violation.
    public static func int8Violations(
        _ computed: [Float], golden: [Float], comparable: [Bool], ambiguity: Ambiguity
    ) -> [String] {
        violations(computed, golden: golden, comparable: comparable) { distances in
            distances.compactMap { token, distance in
                // x is quantised exactly, and only h may round either way.
                let mayFlip = ambiguity.bits[token] & 1 != 0
                let bound = mayFlip ? flipped : exact
                guard distance.relative <= bound else {
                    return "token \(token): relative L2 is \(distance.relative), wanted \(bound)"
                }
                guard mayFlip else { return nil }
                let flip = exact * distance.norm + 1.01 * Double(ambiguity.flipBound[token])
                guard distance.difference <= flip else {
                    return "token \(token): L2 of the difference is \(distance.difference), "
                        + "wanted \(flip), what its near-tie elements can change"
                }
                return nil
            }
        }
    }

    /// Checks the sizes and measures the rows that can be compared.
    private static func violations(
        _ computed: [Float], golden: [Float], comparable: [Bool],
        judge: ([(token: Int, distance: Distance)]) -> [String]
    ) -> [String] {
        guard computed.count == golden.count else {
            return ["output: \(computed.count) elements, wanted \(golden.count)"]
        }
        guard !comparable.isEmpty else { return [] }
        let columns = golden.count / comparable.count
        return judge(
            comparable.indices.filter { comparable[$0] }.map { token in
                let row = token * columns..<(token + 1) * columns
                return (token, Distance(of: computed[row], from: golden[row]))
            })
    }
}

/// The L2 distance of two vectors.
private struct Distance {
    private var squaredDifference = 0.0
    private var squaredNorm = 0.0

    init() {}

    /// NaN agrees with NaN, an infinity with itself; nothing else agrees with either.
    init(of computed: ArraySlice<Float>, from golden: ArraySlice<Float>) {
        for (found, wanted) in zip(computed, golden) {
            if found.isFinite, wanted.isFinite {
                let difference = Double(found) - Double(wanted)
                squaredDifference += difference * difference
                squaredNorm += Double(wanted) * Double(wanted)
            } else if found != wanted, !(found.isNaN && wanted.isNaN) {
                squaredDifference = .infinity
            }
        }
    }

    var difference: Double { squaredDifference.squareRoot() }
    var norm: Double { squaredNorm.squareRoot() }
    var relative: Double { squaredDifference == 0 ? 0 : difference / norm }

    mutating func add(_ other: Distance) {
        squaredDifference += other.squaredDifference
        squaredNorm += other.squaredNorm
    }
}
