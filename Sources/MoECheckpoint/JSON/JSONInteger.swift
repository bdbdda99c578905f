/// A JSON integer of up to 64 bits, signed or not, that knows `-0` from `0`.
public struct JSONInteger: Sendable, Hashable, CustomStringConvertible {
    /// Whether a minus sign is written; also true for `-0`.
    public let isNegative: Bool
    /// The digits' value.
    public let magnitude: UInt64

    /// An integer of sign and magnitude.
    public init(isNegative: Bool, magnitude: UInt64) {
        self.isNegative = isNegative
        self.magnitude = magnitude
    }

    /// An integer of a native value.
    public init(_ value: some FixedWidthInteger & SignedInteger) {
        self.init(isNegative: value < 0, magnitude: UInt64(value.magnitude))
    }

    /// The value if it fits `Int`, else nil; nil for `-0`, which no count or size is.
    public var int: Int? {
        guard isNegative else { return Int(exactly: magnitude) }
        guard magnitude > 0, magnitude <= Int.min.magnitude else { return nil }
        return Int(truncatingIfNeeded: 0 &- magnitude)
    }

    /// The nearest `Double`.
    public var double: Double { isNegative ? -Double(magnitude) : Double(magnitude) }

    /// The integer as JSON writes it.
    public var description: String { isNegative ? "-\(magnitude)" : "\(magnitude)" }
}
