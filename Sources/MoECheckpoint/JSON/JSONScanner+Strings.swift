extension JSONScanner {
    /// The next string, unescaped.
    mutating func string() throws(CheckpointError) -> String {
        String(decoding: try stringBytes(), as: UTF8.self)
    }

    /// The UTF-8 of the next string, unescaped: a part of the text, unless it has escapes.
    mutating func stringBytes() throws(CheckpointError) -> ArraySlice<UInt8> {
        guard peek == UInt8(ascii: "\"") else { throw unexpected(wanted: "a string") }
        let start = position
        position += 1
        var isASCII = try skipPlainText()
        var text = bytes[start + 1..<position]
        while peek == UInt8(ascii: "\\") {
            text.append(contentsOf: try escape().utf8)
            let plain = position
            isASCII = try skipPlainText() && isASCII
            text.append(contentsOf: bytes[plain..<position])
        }
        position += 1
        // An escape stands for a whole character: it neither mends nor breaks what is beside it.
        guard isASCII || String(validating: text, as: UTF8.self) != nil else {
            throw failure("a string that is not UTF-8", at: start)
        }
        return text
    }

    /// Moves to the next quote or backslash.
    ///
    /// - Returns: whether all bytes before it are ASCII.
    private mutating func skipPlainText() throws(CheckpointError) -> Bool {
        let start = position
        let (end, isASCII) = bytes.withUnsafeBytes { bytes in
            var place = start
            var seen: UInt8 = 0
            while place + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                if !word.isPlainText { break }
                place += 8
            }
            while place < bytes.count {
                let byte = bytes[place]
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
                seen |= byte
                place += 1
            }
            return (place, seen < 0x80)
        }
        position = end
        switch peek {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return isASCII
        case nil: throw unexpected(wanted: "the closing quote of a string")
        default: throw unexpected(wanted: "an escape in place of a control character")
        }
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

extension UInt64 {
    /// Whether eight bytes are ASCII, and none is a quote, a backslash or a control character.
    ///
    /// A byte below another one shows in its highest bit after the difference; those that a carry
    /// may spoil lie above one that shows rightly.
    fileprivate var isPlainText: Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = self ^ ones &* 0x22
        let backslashes = self ^ ones &* 0x5C
        let found = (self &- ones &* 0x20) | (quotes &- ones) | (backslashes &- ones) | self
        return found & ones &* 0x80 == 0
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
