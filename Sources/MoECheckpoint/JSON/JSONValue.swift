/// A JSON value, with integers and other numbers told apart as they are written.
///
/// ```swift
/// let config = try JSONValue(parsing: #"{"num_experts": 8}"#)
/// config["num_experts"]?.intValue  // 8
/// ```
public enum JSONValue: Sendable, Equatable {
    /// The literal `null`.
    case null
    /// The literals `true` and `false`.
    case bool(Bool)
    /// A number written without fraction and exponent that fits 64 bits.
    case integer(JSONInteger)
    /// Any other number; always finite when it comes from a parser.
    ///
    /// An integer beyond 64 bits becomes its nearest `Double`.
    case number(Double)
    /// A string, unescaped.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object, its members in the order of the text.
    case object(JSONObject)

    /// The member of an object by its key; nil for any other value and where there is none.
    public subscript(key: String) -> JSONValue? { objectValue?[key] }
}

extension JSONValue {
    /// An integer that fits `Int`, else nil; nil also for `4.0`, `4e0` and `-0`.
    public var intValue: Int? {
        if case .integer(let integer) = self { integer.int } else { nil }
    }

    /// Any number, integers included; else nil.
    public var doubleValue: Double? {
        switch self {
        case .integer(let integer): integer.double
        case .number(let number): number
        default: nil
        }
    }

    /// A truth value, else nil.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// A string, else nil.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// An array, else nil.
    public var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// An object, else nil.
    public var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// Whether the value is the literal `null`.
    public var isNull: Bool { self == .null }

    /// What kind of value it is, as error messages say it: `an integer`, `a string`.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a float"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

// MARK: - Building values for output

extension JSONValue {
    /// An integer.
    public static func integer(_ value: Int) -> JSONValue { .integer(JSONInteger(value)) }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An integer.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}
