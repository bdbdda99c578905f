import Foundation
import MoE

/// What a picture shows of one result, or of several whose figures are the same.
struct EvaluationCurve {
    /// The backends, experts and factors.
    let name: String
    let color: String
    /// The mean of every stretch of the text.
    let divergences: [Double]
    /// By layer.
    let layerErrors: [Double]
}

extension Evaluation {
    /// Pictures show the means of this many bytes.
    var stretch: Int { max(1, (count + 199) / 200) }

    /// The results that differ from the yardstick; backends that agree bit for bit as one.
    var curves: [EvaluationCurve] {
        var groups: [(result: Result, backends: [String])] = []
        for result in results where result.divergences.contains(where: { $0 > 1e-7 }) {
            let backend = result.experts.backend.rawValue
            let same = groups.firstIndex {
                $0.result.description == result.description
                    && $0.result.divergences == result.divergences
            }
            if let same {
                groups[same].backends.append(backend)
            } else {
                groups.append((result, [backend]))
            }
        }
        let colors = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf"]
        return groups.enumerated().map { place, group in
            EvaluationCurve(
                name: group.result.description + ": " + group.backends.joined(separator: ", "),
                color: colors[place % colors.count],
                divergences: means(group.result.divergences),
                layerErrors: group.result.layerErrors)
        }
    }

    private func means(_ values: [Float]) -> [Double] {
        Swift.stride(from: 0, to: values.count, by: stretch).map { first in
            let part = values[first..<min(first + stretch, values.count)]
            return part.reduce(0) { $0 + Double($1) } / Double(part.count)
        }
    }
}

/// A number with a fixed number of decimals.
func decimals(_ value: Double, _ count: Int) -> String {
    String(format: "%.\(count)f", value)
}
