import Foundation

/// A rectangle of a picture with something drawn in it, as SVG.
struct SVGPanel {
    /// The place in the picture.
    let x: Double
    let y: Double
    let width: Double
    let height: Double
    /// The elements, in the order in which they are drawn.
    private(set) var elements: [String] = []

    /// An empty panel under its title.
    init(_ title: String, x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
        text(title, x, y - 14, size: 15)
    }

    /// A text; from its left end, or from its right one.
    mutating func text(
        _ text: String, _ x: Double, _ y: Double, size: Int = 12, fromRight: Bool = false,
        color: String = "#222"
    ) {
        elements.append(
            "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" fill=\"\(color)\""
                + (fromRight ? " text-anchor=\"end\">" : ">") + Self.escaped(text) + "</text>")
    }

    /// A straight line.
    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String) {
        elements.append(
            "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" "
                + "y2=\"\(number(y2))\" stroke=\"\(color)\"/>")
    }

    /// A line through points.
    mutating func path(_ points: [(x: Double, y: Double)], color: String) {
        let places = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
        elements.append(
            "<polyline points=\"\(places)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.5\"/>"
        )
    }

    /// A point.
    mutating func point(_ x: Double, _ y: Double, color: String) {
        elements.append(
            "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"4\" fill=\"\(color)\"/>")
    }

    /// A filled rectangle that says something when it is pointed at.
    mutating func cell(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, color: String, hint: String
    ) {
        elements.append(
            "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" "
                + "height=\"\(number(height))\" fill=\"\(color)\"><title>\(Self.escaped(hint))"
                + "</title></rect>")
    }

    private func number(_ value: Double) -> String { String(format: "%.1f", value) }

    /// A text without the characters that mean something in SVG.
    static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;")
            .replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;")
    }
}
