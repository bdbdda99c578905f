extension JSONValue {
    /// How a JSON text is laid out.
    public enum Layout: Sendable {
        /// On one line, without spaces.
        case compact
        /// A member or element a line, two spaces a level, a line feed at the end.
        case indented
    }

    /// The value as JSON text; members stand in their order.
    ///
    /// - Parameter layout: how it is laid out.
    /// - Returns: the text.
    /// - Throws: `format` for a number that is infinite or NaN, which JSON cannot write.
    public func text(_ layout: Layout = .compact) throws(CheckpointError) -> String {
        var writer = JSONWriter(layout: layout)
        try writer.write(self)
        if layout == .indented { writer.text += "\n" }
        return writer.text
    }
}

/// Writes values to a growing text.
struct JSONWriter {
    let layout: JSONValue.Layout
    var text = ""
    private var depth = 0

    init(layout: JSONValue.Layout) {
        self.layout = layout
    }

    mutating func write(_ value: JSONValue) throws(CheckpointError) {
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let integer): text += integer.description
        case .number(let number):
            guard number.isFinite else {
                throw CheckpointError(.format, "JSON: \(number) cannot be written as a number")
            }
            // The shortest digits that read back as the same value; its forms are all JSON.
            text += number.description
        case .string(let string): write(string)
        case .array(let elements):
            text += "["
            for (place, element) in elements.enumerated() {
                beginItem(place)
                try write(element)
            }
            end("]", isEmpty: elements.isEmpty)
        case .object(let object):
            text += "{"
            for (place, member) in object.enumerated() {
                beginItem(place)
                write(member.0)
                text += layout == .indented ? ": " : ":"
                try write(member.1)
            }
            end("}", isEmpty: object.isEmpty)
        }
    }

    mutating func write(_ string: String) {
        text += "\""
        defer { text += "\"" }
        let isPlain = string.utf8.allSatisfy {
            $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F
        }
        if isPlain {
            text += string
            return
        }
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{00}"..<"\u{20}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    private mutating func beginItem(_ place: Int) {
        if place == 0 { depth += 1 } else { text += "," }
        newLine()
    }

    private mutating func end(_ bracket: String, isEmpty: Bool) {
        if !isEmpty {
            depth -= 1
            newLine()
        }
        text += bracket
    }

    private mutating func newLine() {
        if layout == .indented { text += "\n" + String(repeating: "  ", count: depth) }
    }
}
