import Foundation
import MoE
import MoECheckpoint

/// What the example shows, as text for a person and as JSON.
struct Report {
    let family: String
    let model: String
    let layer: Int
    let block: MoEBlock
    let reason: String
    let input: String
    let results: MoEOutput
    let accuracy: Accuracy

    private var rowsPerExpert: [Int64] { results.groupIndex.counts }

    private var stages: [(stage: Stage, microseconds: Double)] {
        Stage.allCases.map { ($0, results.timings[$0] / .microseconds(1)) }
            .filter { $0.1 > 0 }
    }

    var text: String {
        ([shapeLines, expertLines, stageLines, accuracyLines].joined(separator: [""]))
            .joined(separator: "\n") + "\n"
    }

    private var shapeLines: [String] {
        let shape = block.shape, tokens = results.output.rows
        return [
            "\(model)  (\(family), layer \(layer))",
            "  hidden \(shape.hiddenSize), expert width \(shape.expertWidth), "
                + "\(shape.expertCount) experts, \(block.topK) per token"
                + (block.hasSharedExpert ? ", a shared expert" : ""),
            "  \(tokens) tokens from \(input)",
            "  backend \(block.backendName) on \(block.threads) threads: \(reason)",
        ]
    }

    private var expertLines: [String] {
        let most = max(rowsPerExpert.max() ?? 0, 1)
        let shown = rowsPerExpert.prefix(32).enumerated().map { expert, rows in
            let bar = String(repeating: "█", count: Int((rows * 40 + most - 1) / most))
            return "  \(right("\(expert)", 4)) \(right("\(rows)", 5)) \(bar)"
        }
        let left = rowsPerExpert.count - shown.count
        return ["Rows per expert"] + shown + (left > 0 ? ["  … and \(left) more experts"] : [])
    }

    private var stageLines: [String] {
        let total = stages.map(\.microseconds).reduce(0, +)
        return ["Time per stage"]
            + stages.map { stage, time in
                "  \(left(stage.name, 9)) \(right(decimals(time, 1), 9)) µs "
                    + "\(right(decimals(100 * time / total, 1), 5)) %"
            } + ["  \(left("all", 9)) \(right(decimals(total, 1), 9)) µs"]
    }

    private var accuracyLines: [String] {
        [
            "int8 against float experts",
            "  relative L2  \(decimals(accuracy.relativeL2 * 100, 3)) %",
            "  SQNR         \(decimals(accuracy.signalToNoise, 2)) dB",
            "  cosine       \(decimals(accuracy.cosine, 6))",
            "  worst token  \(accuracy.worstToken.index): "
                + "\(decimals(accuracy.worstToken.relativeL2 * 100, 3)) %",
        ]
    }

    var json: JSONValue {
        var times = JSONObject()
        for (stage, time) in stages { times[stage.name] = .number(time) }
        return .object([
            "model": .string(model), "family": .string(family), "layer": .integer(layer),
            "tokens": .integer(results.output.rows), "input": .string(input),
            "shape": .object([
                "hidden": .integer(block.shape.hiddenSize),
                "expert_width": .integer(block.shape.expertWidth),
                "experts": .integer(block.shape.expertCount), "top_k": .integer(block.topK),
                "shared_expert": .bool(block.hasSharedExpert),
            ]),
            "backend": .object([
                "name": .string(block.backendName), "reason": .string(reason),
                "threads": .integer(block.threads),
            ]),
            "group_index": .array(rowsPerExpert.map { .integer(Int($0)) }),
            "stages_us": .object(times),
            "int8_against_float": .object([
                "relative_l2": .number(accuracy.relativeL2),
                "sqnr_db": .number(accuracy.signalToNoise), "cosine": .number(accuracy.cosine),
                "worst_token": .integer(accuracy.worstToken.index),
                "worst_token_relative_l2": .number(accuracy.worstToken.relativeL2),
            ]),
        ])
    }
}

private func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}

/// A number with a fixed number of decimals.
private func decimals(_ value: Double, _ count: Int) -> String {
    String(format: "%.\(count)f", value)
}
