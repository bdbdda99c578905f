/// An evaluation as a picture: where a text diverges, which layers err, how busy experts are.
public struct EvaluationPlot {
    private let evaluation: Evaluation
    private let title: String

    /// A picture of an evaluation under a title.
    public init(_ evaluation: Evaluation, title: String) {
        self.evaluation = evaluation
        self.title = title
    }

    /// The picture as SVG.
    public var svg: String {
        let curves = evaluation.curves
        let panels = [
            divergencePanel(curves), errorPanel(curves), loadPanel(evaluation.expertLoad),
        ]
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1260 1000" \
            font-family="sans-serif">
            <rect width="100%" height="100%" fill="white"/>
            <text x="80" y="32" font-size="18">\(SVGPanel.escaped(title))</text>
            \(panels.flatMap(\.elements).joined(separator: "\n"))
            </svg>

            """
    }

    /// The mean divergence of every stretch of the text.
    private func divergencePanel(_ curves: [EvaluationCurve]) -> SVGPanel {
        var panel = SVGPanel(
            "KL divergence over the text, nats; means of \(evaluation.stretch) bytes",
            x: 80, y: 90, width: 760, height: 240)
        let axis = LogarithmicAxis(around: curves.flatMap(\.divergences))
        axis.draw(in: &panel)
        for (place, curve) in curves.enumerated() {
            let step = panel.width / Double(max(curve.divergences.count, 1))
            panel.path(
                curve.divergences.enumerated().map { index, value in
                    (panel.x + (Double(index) + 0.5) * step, axis.y(value, in: panel))
                }, color: curve.color)
            let y = panel.y + 12 + 20 * Double(place)
            panel.point(panel.x + panel.width + 22, y - 4, color: curve.color)
            panel.text(curve.name, panel.x + panel.width + 34, y)
        }
        panel.text("byte 1", panel.x, panel.y + panel.height + 18)
        panel.text(
            "\(evaluation.count)", panel.x + panel.width, panel.y + panel.height + 18,
            fromRight: true)
        return panel
    }

    /// The error of the residual stream behind every layer.
    private func errorPanel(_ curves: [EvaluationCurve]) -> SVGPanel {
        var panel = SVGPanel(
            "Relative L2 error of the residual stream behind a layer", x: 80, y: 410, width: 760,
            height: 200)
        let axis = LogarithmicAxis(around: curves.flatMap(\.layerErrors))
        axis.draw(in: &panel)
        let layers = evaluation.expertLoad.count
        let step = panel.width / Double(max(layers, 1))
        for curve in curves {
            let points = curve.layerErrors.enumerated().map { layer, error in
                (x: panel.x + (Double(layer) + 0.5) * step, y: axis.y(error, in: panel))
            }
            panel.path(points, color: curve.color)
            for point in points { panel.point(point.x, point.y, color: curve.color) }
        }
        for layer in 0..<layers {
            panel.text(
                "\(layer)", panel.x + (Double(layer) + 0.5) * step - 3,
                panel.y + panel.height + 18)
        }
        return panel
    }

    /// Every expert's share of its layer's rows, darker the more; an equal share is half dark.
    private func loadPanel(_ load: [[Double]]) -> SVGPanel {
        var panel = SVGPanel(
            "Rows of every expert, percent of its layer's", x: 80, y: 700, width: 1120, height: 260)
        let row = panel.height / Double(max(load.count, 1))
        for (layer, shares) in load.enumerated() {
            let y = panel.y + Double(layer) * row
            panel.text("layer \(layer)", panel.x - 6, y + row / 2 + 4, fromRight: true)
            let column = panel.width / Double(max(shares.count, 1))
            for (expert, share) in shares.enumerated() {
                let darkness = min(share * Double(shares.count) / 2, 1)
                let x = panel.x + Double(expert) * column, percent = decimals(share * 100, 1)
                panel.cell(
                    x, y, column - 1, row - 1,
                    color: "hsl(215 70% \(decimals(95 - 60 * darkness, 0))%)",
                    hint: "layer \(layer), expert \(expert): \(percent) %")
                guard column >= 36 else { continue }
                panel.text(
                    percent, x + column / 2 + 11, y + row / 2 + 4, fromRight: true,
                    color: darkness > 0.6 ? "white" : "#222")
            }
        }
        return panel
    }
}
