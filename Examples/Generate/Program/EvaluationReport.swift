import Foundation
import GenerateEngine
import MoE
import MoECheckpoint

/// An evaluation as a table and as JSON.
struct EvaluationReport {
    /// How many bytes of which text, and what they are compared with.
    let title: String
    let evaluation: Evaluation

    private var formatWidth: Int { max(8, evaluation.results.map(\.format.count).max() ?? 0) + 2 }

    var table: String {
        let head =
            pad("backend", 11) + pad("experts", 9) + pad("weights", formatWidth)
            + "smooth  bits per byte   change %         ±  mean KL, nats   KL, p99  same top-1"
        let rows = evaluation.results.map { result in
            let figures = result.figures
            return pad(result.experts.backend.rawValue, 11) + pad(result.experts.format.rawValue, 9)
                + pad(result.format, formatWidth)
                + pad(result.experts.smooth == nil ? "no" : "yes", 8)
                + String(
                    format: "%13.5f %+10.4f %9.4f %14.2e %9.2e %9.3f %%", figures.bitsPerByte,
                    figures.bitsPerByteDelta, figures.bitsPerByteDeltaError,
                    figures.meanDivergence, figures.divergenceP99, figures.topAgreement * 100)
        }
        return ([title, "", head] + rows).joined(separator: "\n") + "\n"
    }

    var json: JSONValue {
        .object(["results": .array(evaluation.results.map(json))])
    }

    private func json(_ result: Evaluation.Result) -> JSONValue {
        var object: JSONObject = [
            "backend": .string(result.experts.backend.rawValue),
            "experts": .string(result.experts.format.rawValue),
            "format": .string(result.format), "smooth": .bool(result.experts.smooth != nil),
        ]
        let figures = result.figures.json
        for (key, value) in zip(figures.keys, figures.values) { object[key] = value }
        return .object(object)
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
