import Foundation

/// A picture of results under their limits: multiply-adds a second over multiply-adds a byte.
struct Roofline {
    let results: [BenchResult]
    let title: String

    private let width = 900.0, height = 560.0
    private let left = 80.0, right = 230.0, top = 50.0, bottom = 60.0
    private let colors = ["#1769aa", "#c2410c", "#15803d", "#7e22ce", "#b91c1c", "#0f766e"]

    private var bandwidth: Double { results.map(\.bandwidth).median / 1e9 }
    private var peak: Double { results.map(\.multiplierPeak).median / 1e9 }
    private var maximumX: Double { max(results.map(\.intensity).max() ?? 1, peak / bandwidth) * 2 }
    private var minimumY: Double {
        (results.map { $0.multiplyAdds / $0.median / 1e9 }.min() ?? 1) / 2
    }

    /// The picture as SVG.
    var svg: String {
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" "
                + "font-family=\"sans-serif\" font-size=\"13\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            text(left, 28, title, size: 16),
            text(width / 2 - right / 2 - 60, height - 16, "multiply-adds per byte of weights"),
            "<g transform=\"rotate(-90 24 \(height / 2))\">"
                + text(-40, height / 2, "10⁹ multiply-adds a second") + "</g>",
        ]
        parts += axes + limits + points
        return (parts + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private var axes: [String] {
        decades(1, maximumX).map {
            line(x($0), top, x($0), height - bottom, "#e5e5e5")
                + text(x($0) - 8, height - bottom + 18, label($0))
        }
            + decades(minimumY, peak * 2).map {
                line(left, y($0), width - right, y($0), "#e5e5e5")
                    + text(left - 46, y($0) + 4, label($0))
            }
    }

    private var limits: [String] {
        let knee = peak / bandwidth
        return [
            line(
                x(max(1, minimumY / bandwidth)), y(max(bandwidth, minimumY)), x(knee), y(peak),
                "#333", width: 2),
            line(x(knee), y(peak), x(maximumX), y(peak), "#333", width: 2),
            text(x(knee) + 8, y(peak) - 8, "multiplier \(decimals(peak, 0)) GMAC/s"),
            text(x(1) + 6, y(bandwidth) - 14, "memory \(decimals(bandwidth, 1)) GB/s"),
        ]
    }

    private var points: [String] {
        let names = results.map { "\($0.shape.name) \($0.backend)" }
        let series = names.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        var parts: [String] = []
        for (result, name) in zip(results, names) {
            let color = colors[(series.firstIndex(of: name) ?? 0) % colors.count]
            let px = x(max(result.intensity, 1))
            let py = y(result.multiplyAdds / result.median / 1e9)
            parts.append("<circle cx=\"\(px)\" cy=\"\(py)\" r=\"5\" fill=\"\(color)\"/>")
            parts.append(text(px + 8, py + 14, "\(result.tokens)"))
        }
        for (index, name) in series.enumerated() {
            let py = top + 20 + Double(index) * 20, px = width - right + 16
            let color = colors[index % colors.count]
            parts.append("<circle cx=\"\(px)\" cy=\"\(py - 4)\" r=\"5\" fill=\"\(color)\"/>")
            parts.append(text(px + 12, py, name))
        }
        return parts
    }

    // MARK: - Places

    private func x(_ value: Double) -> Double {
        left + log(value) / log(maximumX) * (width - left - right)
    }

    private func y(_ value: Double) -> Double {
        let share = log(value / minimumY) / log(peak * 2 / minimumY)
        return height - bottom - share * (height - top - bottom)
    }

    private func decades(_ low: Double, _ high: Double) -> [Double] {
        (-3...9).map { pow(10, Double($0)) }.filter { $0 >= low && $0 <= high }
    }

    // MARK: - Pieces

    private func label(_ value: Double) -> String { decimals(value, value < 1 ? 2 : 0) }

    private func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String, width: Double = 1
    ) -> String {
        "<line x1=\"\(x1)\" y1=\"\(y1)\" x2=\"\(x2)\" y2=\"\(y2)\" stroke=\"\(color)\" "
            + "stroke-width=\"\(width)\"/>"
    }

    private func text(_ x: Double, _ y: Double, _ text: String, size: Int = 13) -> String {
        "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\">\(text)</text>"
    }
}
