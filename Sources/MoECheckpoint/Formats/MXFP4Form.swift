/// How MXFP4 weights become int8.
public enum MXFP4Form: String, Sendable, CaseIterable {
    /// As those of every format: rounded to 255 steps of the channel's greatest value.
    case requantized
    /// Without rounding where that can be: a channel whose weights are all `q · 2^n` for integers q
    /// within ±127 is those integers. Others are requantised.
    ///
    /// Twice an E2M1 code is an integer up to 12, so that it can be where the scales of a channel's
    /// blocks span a factor of 8 at most.
    case exact
}

/// A channel of E2M1 codes, in blocks that share a scale.
struct E2M1Channel {
    /// How many blocks.
    let blocks: Int
    /// Elements of a block.
    let blockSize: Int

    /// Twice the value of every code.
    private static let doubled: [Int] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]

    /// The channel as integers and one scale, where it is exactly that.
    ///
    /// - Parameters:
    ///   - integers: room for the channel's integers.
    ///   - scale: the scale of a block, a power of two.
    ///   - code: the code of an element of a block.
    /// - Returns: the scale, or nil without a result if there is an integer beyond ±127, or a scale
    ///   that is no normal number.
    func integers(
        into integers: UnsafeMutablePointer<Int8>, scale: (_ block: Int) -> Float,
        code: (_ block: Int, _ element: Int) -> Int
    ) -> Float? {
        var least = Int.max
        for block in 0..<blocks {
            let scale = scale(block)
            guard scale.isNormal, scale.significand == 1, scale > 0 else { return nil }
            // The scale of a block of zeros says nothing.
            let isZero = (0..<blockSize).allSatisfy { code(block, $0) & 7 == 0 }
            if !isZero { least = min(least, Int(scale.exponent)) }
        }
        if least == .max { least = 0 }
        let unit = Float(sign: .plus, exponent: least - 1, significand: 1)
        guard unit.isNormal else { return nil }
        for block in 0..<blocks {
            // A greater shift is past every code but 0, of whatever block.
            let shift = min(max(Int(scale(block).exponent) - least, 0), 8)
            for element in 0..<blockSize {
                guard
                    let integer = Int8(exactly: Self.doubled[code(block, element) & 15] << shift)
                else { return nil }
                integers[block * blockSize + element] = integer
            }
        }
        return unit
    }
}
