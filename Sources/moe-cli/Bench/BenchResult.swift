import Foundation
import MoE
import MoECheckpoint

/// One case's figures beside the limits of the same series.
struct BenchResult {
    let shape: BenchShape
    let tokens: Int
    let backend: String
    let plan: String
    let threads: Int
    /// Every pass that counts.
    let passes: [BenchPass]
    /// Seconds of every stage, the medians.
    let stages: [Stage: Double]
    /// Multiply-adds a second.
    let sgemmPeak: Double
    /// Seconds of the layer's float32 products alone, where they were measured.
    let layerSgemm: Double?
    /// Seconds that preparing the whole layer took.
    let prepareSeconds: Double

    /// Seconds of every pass.
    var seconds: [Double] { passes.map(\.seconds) }
    var median: Double { seconds.median }
    /// Bytes of weights that a pass touches.
    var weightBytes: Double { passes.map(\.weightBytes).median }

    /// Multiply-adds of a pass.
    var multiplyAdds: Double { shape.multiplyAdds(tokens: tokens) }

    /// Multiply-adds with every byte of weights that is read.
    var intensity: Double { weightBytes > 0 ? multiplyAdds / weightBytes : 0 }

    /// Bytes a second, and multiply-adds.
    var bandwidth: Double { passes.map(\.bandwidth).median }
    var multiplierPeak: Double { passes.map(\.multiplierPeak).median }

    var bandwidthRatio: Double { passes.map(\.bandwidthRatio).median }
    var multiplierRatio: Double { passes.map(\.multiplierRatio).median }
    /// The share of the limit that binds.
    var limitRatio: Double { passes.map(\.limitRatio).median }
    var sgemmRatio: Double {
        sgemmPeak > 0 && median > 0 ? multiplyAdds / sgemmPeak / median : 0
    }

    static let header =
        "shape".padded(to: 16) + "tokens".padded(to: 7) + "backend".padded(to: 10)
        + "plan".padded(to: 16) + "median ms".padded(to: 11) + "p10".padded(to: 9)
        + "p90".padded(to: 9) + "GMAC/s".padded(to: 8) + "GB/s".padded(to: 7)
        + "memory".padded(to: 8) + "mult.".padded(to: 7) + "limit".padded(to: 7) + "x sgemm"

    var line: String {
        shape.name.padded(to: 16) + "\(tokens)".padded(to: 7) + backend.padded(to: 10)
            + plan.padded(to: 16) + decimals(median * 1e3, 3).padded(to: 11)
            + decimals(seconds.quantile(0.1) * 1e3, 2).padded(to: 9)
            + decimals(seconds.quantile(0.9) * 1e3, 2).padded(to: 9)
            + decimals(multiplyAdds / median / 1e9, 1).padded(to: 8)
            + decimals(weightBytes / median / 1e9, 1).padded(to: 7)
            + decimals(bandwidthRatio, 3).padded(to: 8)
            + decimals(multiplierRatio, 3).padded(to: 7) + decimals(limitRatio, 3).padded(to: 7)
            + (layerSgemm.map { decimals(median / $0, 3) } ?? "")
    }

    /// Bytes of int8 weights that were prepared a second.
    private var prepareRate: Double { Double(shape.experts * shape.expertBytes) / prepareSeconds }

    /// The shares of the stages and what preparing took, a line.
    var stageLine: String {
        let shares = Stage.allCases.compactMap { stage in
            stages[stage].map { "\(stage.name) \(decimals(100 * $0 / median, 1)) %" }
        }
        let prepared = "prepared at \(decimals(prepareRate / 1e9, 1)) GB/s"
        return "".padded(to: 16) + (shares + [prepared]).joined(separator: ", ")
    }

    var json: JSONValue {
        var times = JSONObject()
        for stage in Stage.allCases {
            if let seconds = stages[stage] { times[stage.name] = .number(seconds) }
        }
        var object: JSONObject = [
            "shape": .string(shape.name), "D": .integer(shape.hidden), "H": .integer(shape.width),
            "E": .integer(shape.experts), "k": .integer(shape.topK), "tokens": .integer(tokens),
            "backend": .string(backend), "plan": .string(plan), "threads": .integer(threads),
            "median_s": .number(median), "p10_s": .number(seconds.quantile(0.1)),
            "p90_s": .number(seconds.quantile(0.9)), "weight_bytes": .number(weightBytes),
            "GBps": .number(weightBytes / median / 1e9),
            "GMACs": .number(multiplyAdds / median / 1e9),
            "bandwidth_ratio": .number(bandwidthRatio),
            "multiplier_ratio": .number(multiplierRatio), "sgemm_ratio": .number(sgemmRatio),
            "limit_ratio": .number(limitRatio), "stages": .object(times),
            "prepare_s": .number(prepareSeconds), "prepare_GBps": .number(prepareRate / 1e9),
        ]
        if let layerSgemm { object["time_over_layer_sgemm"] = .number(median / layerSgemm) }
        return .object(object)
    }
}

/// A number with a fixed number of decimals.
func decimals(_ value: Double, _ count: Int) -> String {
    String(format: "%.\(count)f", value)
}
