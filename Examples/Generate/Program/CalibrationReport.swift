import Foundation
import GenerateEngine
import MoECheckpoint

/// A calibration as tables and as JSON.
struct CalibrationReport {
    private let calibration: Calibration

    init(_ calibration: Calibration) {
        self.calibration = calibration
    }

    var table: String {
        let alphas = [0] + Calibration.alphas
        let layers = calibration.layers.map { layer in
            String(format: "%5d", layer.layer)
                + alphas.map { alpha in
                    String(format: "%7d", layer.alphas.count { $0 == alpha })
                }.joined() + (layer.isKept ? "   yes" : "    no")
        }
        let together =
            [row("without", calibration.plain)]
            + (calibration.smoothed.map { [row("with", $0)] }
                ?? ["No factors leave all of these at least as good as they are without."])
        return
            ([
                "experts by the power α of their factors, 0 for none",
                "layer" + alphas.map { String(format: "%7.2f", $0) }.joined() + "  kept",
            ] + layers + [
                "", "the int8 experts of all layers",
                "factors  bits per byte   change %         ±  mean KL, nats  same top-1",
            ] + together).joined(separator: "\n") + "\n"
    }

    func json(file: String) -> JSONValue {
        .object([
            "file": .string(file), "layers": .array(calibration.layers.map(json)),
            "without": json(calibration.plain),
            "with": calibration.smoothed.map(json) ?? .null,
        ])
    }

    private func row(_ name: String, _ figures: Evaluation.Figures) -> String {
        name + String(repeating: " ", count: max(0, 7 - name.count))
            + String(
                format: "%15.5f %+10.4f %9.4f %14.2e %9.3f %%", figures.bitsPerByte,
                figures.bitsPerByteDelta, figures.bitsPerByteDeltaError, figures.meanDivergence,
                figures.topAgreement * 100)
    }

    private func json(_ layer: Calibration.LayerResult) -> JSONValue {
        .object([
            "layer": .integer(layer.layer),
            "alphas": .array(layer.alphas.map { .number(Double($0)) }),
            "kept": .bool(layer.isKept),
        ])
    }

    private func json(_ figures: Evaluation.Figures) -> JSONValue { .object(figures.json) }
}

extension Evaluation.Figures {
    /// The figures as members of a JSON object.
    var json: JSONObject {
        [
            "bits_per_byte": .number(bitsPerByte),
            "bits_per_byte_delta_percent": .number(bitsPerByteDelta),
            "bits_per_byte_delta_percent_standard_error": bitsPerByteDeltaError.isFinite
                ? .number(bitsPerByteDeltaError) : .null,
            "kl_mean": .number(meanDivergence), "kl_p99": .number(divergenceP99),
            "top1_agreement": .number(topAgreement),
        ]
    }
}
