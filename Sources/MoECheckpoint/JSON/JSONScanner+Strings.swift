extension JSONScanner {
    /// The next string, unescaped.
    mutating func string() throws(CheckpointError) -> String {
        guard peek == UInt8(ascii: "\"") else { throw unexpected(wanted: "a string") }
        let start = position
        position += 1
        try skipPlainText()
        let text: String?
        if peek == UInt8(ascii: "\"") {
            text = String(validating: bytes[start + 1..<position], as: UTF8.self)
        } else {
            text = String(validating: try unescaped(from: start + 1), as: UTF8.self)
        }
        position += 1
        guard let text else { throw failure("a string that is not UTF-8", at: start) }
        return text
    }

    /// The UTF-8 of a string with escapes, whose plain beginning `start..<position` is scanned.
    private mutating func unescaped(from start: Int) throws(CheckpointError) -> [UInt8] {
        var text = Array(bytes[start..<position])
        while peek == UInt8(ascii: "\\") {
            text.append(contentsOf: try escape().utf8)
            let plain = position
            try skipPlainText()
            text.append(contentsOf: bytes[plain..<position])
        }
        return text
    }

    /// Moves to the next quote or backslash.
    private mutating func skipPlainText() throws(CheckpointError) {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): return
            case 0..<0x20: throw unexpected(wanted: "an escape in place of a control character")
            default: position += 1
            }
        }
        throw unexpected(wanted: "the closing quote of a string")
    }

    private mutating func escape() throws(CheckpointError) -> Unicode.Scalar {
        let start = position
        position += 1
        let letter = peek
        position += 1
        switch letter {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw failure("an escape that JSON does not have", at: start)
        }
        let unit = try hexadecimal()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        // Only surrogates are no scalars: a high one must be followed by an escaped low one.
        if UTF16.isLeadSurrogate(unit), peek == UInt8(ascii: "\\") {
            position += 1
            if peek == UInt8(ascii: "u") {
                position += 1
                let low = try hexadecimal()
                if UTF16.isTrailSurrogate(low) {
                    return UTF16.decode(UTF16.EncodedScalar([unit, low]))
                }
            }
        }
        throw failure("a lone surrogate", at: start)
    }

    private mutating func hexadecimal() throws(CheckpointError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw unexpected(wanted: "four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}

extension String {
    /// The text as an error message may show it: at most 64 characters, none that controls a terminal.
    var printable: String {
        var text = ""
        for (place, scalar) in unicodeScalars.enumerated() {
            guard place < 64 else { return text + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
