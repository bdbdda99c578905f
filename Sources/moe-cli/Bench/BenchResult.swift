import Foundation
import MoE
import MoECheckpoint

/// One case's figures.
struct BenchResult {
    let shape: BenchShape
    let tokens: Int
    let backend: String
    let threads: Int
    /// Seconds of every counted round, ascending.
    let seconds: [Double]
    /// Bytes of weights that the last batch touched.
    let weightBytes: Int
    /// The median of the float32 products alone in the same series.
    var sgemmMedian: Double?

    var median: Double { quantile(0.5) }

    private func quantile(_ share: Double) -> Double {
        guard !seconds.isEmpty else { return 0 }
        return seconds[Int((Double(seconds.count - 1) * share).rounded())]
    }

    /// Multiply-adds of all rows through gate·up and down.
    private var multiplyAdds: Double { Double(tokens * shape.topK * shape.expertBytes) }

    static let header =
        "shape".padded(to: 22) + "tokens".padded(to: 8) + "backend".padded(to: 11)
        + "median ms".padded(to: 11) + "p10".padded(to: 9) + "p90".padded(to: 9)
        + "GMAC/s".padded(to: 9) + "GB/s".padded(to: 8) + "x sgemm"

    var line: String {
        shape.name.padded(to: 22) + "\(tokens)".padded(to: 8) + backend.padded(to: 11)
            + decimals(median * 1e3, 3).padded(to: 11)
            + decimals(quantile(0.1) * 1e3, 2).padded(to: 9)
            + decimals(quantile(0.9) * 1e3, 2).padded(to: 9)
            + decimals(multiplyAdds / median / 1e9, 1).padded(to: 9)
            + decimals(Double(weightBytes) / median / 1e9, 1).padded(to: 8)
            + (sgemmMedian.map { decimals(median / $0, 3) } ?? "")
    }

    var json: JSONValue {
        var object: JSONObject = [
            "shape": .string(shape.name), "D": .integer(shape.hidden), "H": .integer(shape.width),
            "E": .integer(shape.experts), "k": .integer(shape.topK), "tokens": .integer(tokens),
            "backend": .string(backend), "threads": .integer(threads),
            "median_s": .number(median), "p10_s": .number(quantile(0.1)),
            "p90_s": .number(quantile(0.9)), "weight_bytes": .integer(weightBytes),
            "GBps": .number(Double(weightBytes) / median / 1e9),
            "GMACs": .number(multiplyAdds / median / 1e9),
        ]
        if let sgemmMedian { object["time_over_sgemm"] = .number(median / sgemmMedian) }
        return .object(object)
    }
}

/// A number with a fixed number of decimals.
func decimals(_ value: Double, _ count: Int) -> String {
    String(format: "%.\(count)f", value)
}
