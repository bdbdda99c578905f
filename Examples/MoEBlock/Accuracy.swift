import MoE

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// How far one result is from another, over all tokens and for the worst one.
struct Accuracy {
    /// ‖a − b‖ / ‖b‖.
    let relativeL2: Double
    /// 20 · log10 of its inverse: signal to quantisation noise, in decibels.
    let signalToNoise: Double
    /// a · b / (‖a‖ ‖b‖).
    let cosine: Double
    /// The token with the greatest relative L2, and that.
    let worstToken: (index: Int, relativeL2: Double)

    init(of found: Matrix<Float>, against wanted: Matrix<Float>) {
        var total = Sums()
        var worst = (index: 0, relativeL2: 0.0)
        for token in 0..<found.rows {
            var sums = Sums()
            for (a, b) in zip(found.row(token), wanted.row(token)) {
                sums.add(Double(a), Double(b))
            }
            total.add(sums)
            if sums.relativeL2 > worst.relativeL2 { worst = (token, sums.relativeL2) }
        }
        relativeL2 = total.relativeL2
        signalToNoise = -20 * log10(max(relativeL2, 1e-30))
        cosine = total.product / max((total.found * total.wanted).squareRoot(), 1e-300)
        worstToken = worst
    }

    private struct Sums {
        var difference = 0.0
        var found = 0.0
        var wanted = 0.0
        var product = 0.0

        var relativeL2: Double { (difference / max(wanted, 1e-300)).squareRoot() }

        mutating func add(_ a: Double, _ b: Double) {
            difference += (a - b) * (a - b)
            found += a * a
            wanted += b * b
            product += a * b
        }

        mutating func add(_ other: Sums) {
            difference += other.difference
            found += other.found
            wanted += other.wanted
            product += other.product
        }
    }
}
