import MoE

/// How far rows that came through a device are from the CPU's, and how far they may be.
///
/// The device gives 16-bit floats. bfloat16 rounds three times, each by at most 2^-9 of the value:
/// a channel's scale, a row's element, the sum; float16 twice, by at most 2^-12: the scales are
/// exact. Slots may cancel in a sum, so the bound is a multiple of that, and the greatest value of
/// the row is what an element's error is measured by.
struct Distance {
    /// The greatest relative L2 of a row.
    private(set) var relativeL2 = 0.0
    /// The greatest error of an element, relative to its row's greatest value.
    private(set) var element = 0.0
    /// The least cosine of two rows.
    private(set) var cosine = 1.0

    init(_ found: Matrix<Float>, _ wanted: Matrix<Float>, tokens: [Int]) {
        for token in tokens { add(Array(found.row(token)), Array(wanted.row(token))) }
    }

    private mutating func add(_ found: [Float], _ wanted: [Float]) {
        var difference = 0.0, norm = 0.0, other = 0.0, product = 0.0, most = 0.0, largest = 0.0
        for (a, b) in zip(found, wanted) {
            let a = Double(a), b = Double(b)
            difference += (a - b) * (a - b)
            norm += b * b
            other += a * a
            product += a * b
            most = max(most, abs(a - b))
            largest = max(largest, abs(b))
        }
        guard norm > 0 else {
            if difference > 0 { relativeL2 = .infinity }
            return
        }
        relativeL2 = max(relativeL2, (difference / norm).squareRoot())
        element = max(element, most / largest)
        cosine = min(cosine, product / (norm * other).squareRoot())
    }

    /// Whether rows of the same int8 integers are near enough.
    func isRounding(float16: Bool) -> Bool {
        float16
            ? relativeL2 <= 0x1p-10 && element <= 0x1p-10
            : relativeL2 <= 0x1p-7 && element <= 0x1p-7 && cosine > 0.9999
    }

    /// Whether rows are near enough in which an integer was rounded the other way.
    var isFlip: Bool { relativeL2 <= 2e-2 + 0x1p-7 }
}
