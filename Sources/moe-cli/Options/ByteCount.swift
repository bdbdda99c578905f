import ArgumentParser

/// A number of bytes as people write it: `5GB`, `500MB`, `4GiB`, `1048576`.
struct ByteCount: Equatable, CustomStringConvertible {
    /// The number.
    let value: Int

    init(_ value: Int) {
        self.value = value
    }

    private static let units: [(suffix: String, factor: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("GB", 1_000_000_000),
        ("MB", 1_000_000), ("KB", 1000), ("B", 1), ("", 1),
    ]

    /// Three digits and a decimal unit.
    var description: String {
        let (amount, unit) =
            value >= 1_000_000_000
            ? (Double(value) / 1e9, "GB")
            : value >= 1_000_000 ? (Double(value) / 1e6, "MB") : (Double(value) / 1e3, "KB")
        return "\(amount.digits) \(unit)"
    }
}

extension Double {
    /// The number with one decimal, or two where it is below 10.
    var digits: String {
        let decimals = self < 10 ? 100.0 : 10.0
        let scaled = Int((self * decimals).rounded())
        let fraction = String(scaled % Int(decimals))
        let zeros = String(repeating: "0", count: (self < 10 ? 2 : 1) - fraction.count)
        return "\(scaled / Int(decimals)).\(zeros)\(fraction)"
    }
}

extension ByteCount: ExpressibleByArgument {
    init?(argument: String) {
        let text = argument.filter { $0 != " " }
        guard let unit = Self.units.first(where: { text.hasSuffix($0.suffix) }),
            let number = Int(text.dropLast(unit.suffix.count)), number > 0,
            case let (value, overflow) = number.multipliedReportingOverflow(by: unit.factor),
            !overflow
        else { return nil }
        self.init(value)
    }

    var defaultValueDescription: String {
        value % 1_000_000_000 == 0 ? "\(value / 1_000_000_000)GB" : "\(value)"
    }
}
