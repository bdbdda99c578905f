/// How a backend rounds what its down-projection gives, on the way to the results.
///
/// Every bound here is derived, none is measured. An operation that is rounded to p significant bits
/// is off by at most `u = 2^-p` of its result, half a step of the type's smallest numbers at least;
/// n of them in a row by at most `γ(n) = n·u / (1 - n·u)`. Rounded are
///
/// * a row's element `v = a · s · q`: the int32 sum to float32 and two products, and, where rows have
///   16 bits, the channel's scale s (bfloat16 alone) and v itself;
/// * a token's sum `Σ w · v` over k slots: k products and k sums in float32, and the sum itself where
///   the device gives it in 16 bits.
package struct OutputRounding: Sendable, Hashable {
    /// u of the rows' type.
    private let unit: Double
    /// Half the step between the smallest numbers of the rows' type.
    private let underflow: Double
    /// u of the channel scales' type; 0 where they are as the checkpoint has them.
    private let scaleUnit: Double
    /// Whether a token's sum is of the rows' type too, and not float32.
    private let roundsSums: Bool

    private init(unit: Double, underflow: Double, scaleUnit: Double, roundsSums: Bool) {
        self.unit = unit
        self.underflow = underflow
        self.scaleUnit = scaleUnit
        self.roundsSums = roundsSums
    }

    /// Float32 throughout, as on the CPU.
    package static let float32 = OutputRounding(
        unit: 0, underflow: 0, scaleUnit: 0, roundsSums: false)

    /// Rows in bfloat16, 8 significant bits, and their channels' scales too.
    package static func bfloat16(sums: Bool) -> OutputRounding {
        OutputRounding(unit: 0x1p-8, underflow: 0x1p-134, scaleUnit: 0x1p-8, roundsSums: sums)
    }

    /// Rows in float16, 11 significant bits and 24 after the point; scales as they are.
    package static func float16(sums: Bool) -> OutputRounding {
        OutputRounding(unit: 0x1p-11, underflow: 0x1p-25, scaleUnit: 0, roundsSums: sums)
    }

    /// The greatest relative error of so many float32 operations in a row.
    static func float32(operations: Int) -> Double {
        let error = Double(operations) * 0x1p-24
        return error / (1 - error)
    }

    /// The greatest error of a row's element.
    ///
    /// - Parameter size: its size, of its exact value.
    /// - Returns: the bound.
    func element(_ size: Double) -> Double {
        let relative =
            (1 + scaleUnit) * (1 + unit) * (1 + Self.float32(operations: 3)) - 1
        return size * relative + underflow
    }

    /// The greatest error of a token's sum over its slots.
    ///
    /// - Parameters:
    ///   - slots: k.
    ///   - size: the sum's size, of its exact value.
    ///   - terms: the sum of the sizes of its terms, `Σ |w · v|`.
    ///   - errors: the sum of the errors of its terms, `Σ |w| · element(v)`.
    /// - Returns: the bound.
    func sum(slots: Int, size: Double, terms: Double, errors: Double) -> Double {
        let error = errors + Self.float32(operations: slots + 1) * (terms + errors)
        return roundsSums ? error + unit * (size + error) + underflow : error
    }
}
