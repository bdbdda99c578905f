import Foundation

/// A vertical axis on which every power of ten takes the same room.
struct LogarithmicAxis {
    private let low: Double
    private let high: Double

    /// The powers of ten around values; those that are not above 0 do not count.
    init(around values: some Sequence<Double>) {
        let logarithms = values.filter { $0 > 0 && $0.isFinite }.map { log10($0) }
        low = (logarithms.min() ?? 0).rounded(.down)
        high = max((logarithms.max() ?? 1).rounded(.up), low + 1)
    }

    /// Where a value lies in a panel; the lower edge for one that is too small.
    func y(_ value: Double, in panel: SVGPanel) -> Double {
        let share = value > 0 ? (log10(value) - low) / (high - low) : 0
        return panel.y + panel.height * (1 - min(max(share, 0), 1))
    }

    /// Draws the powers of ten.
    func draw(in panel: inout SVGPanel) {
        for power in Int(low)...Int(high) {
            let y = y(pow(10, Double(power)), in: panel)
            panel.line(panel.x, y, panel.x + panel.width, y, color: "#ddd")
            panel.text("1e\(power)", panel.x - 6, y + 4, fromRight: true)
        }
    }
}
