/// A JSON number as it is written.
enum JSONNumber {
    /// No fraction, no exponent, at most 64 bits.
    case integer(JSONInteger)
    /// Everything else.
    case float(Double)
}

extension JSONScanner {
    /// Longer numbers no program writes; a bound keeps their conversion cheap.
    private static let longestNumber = 1_024

    /// The next number.
    mutating func number() throws(CheckpointError) -> JSONNumber {
        let start = position
        let isNegative = peek == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let startsWithZero = peek == UInt8(ascii: "0")
        let (magnitude, digitCount) = try digits()
        guard !startsWithZero || digitCount == 1 else {
            throw failure("a number with a leading zero", at: start)
        }
        var isInteger = true
        if peek == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            _ = try digits()
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
            _ = try digits()
        }
        if isInteger, let magnitude {
            return .integer(JSONInteger(isNegative: isNegative, magnitude: magnitude))
        }
        guard position - start <= Self.longestNumber else {
            throw failure("a number of more than \(Self.longestNumber) characters", at: start)
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw failure("a number beyond the range of a 64-bit float", at: start)
        }
        return .float(value)
    }

    /// One or more digits: their value, or nil beyond 64 bits, and how many there are.
    private mutating func digits() throws(CheckpointError) -> (value: UInt64?, count: Int) {
        let start = position
        var value: UInt64 = 0
        var isTooLarge = false
        while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            let product = value.multipliedReportingOverflow(by: 10)
            let sum = product.partialValue.addingReportingOverflow(
                UInt64(byte - UInt8(ascii: "0")))
            isTooLarge = isTooLarge || product.overflow || sum.overflow
            value = sum.partialValue
            position += 1
        }
        guard position > start else { throw unexpected(wanted: "a digit") }
        return (isTooLarge ? nil : value, position - start)
    }
}
