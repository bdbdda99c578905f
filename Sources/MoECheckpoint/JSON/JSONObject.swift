/// A JSON object: members in a stable order, no key twice.
///
/// Keys are compared as Swift compares strings: two spellings of one text (`é` as one scalar or
/// as two) are the same key, so that no lookup can be ambiguous.
public struct JSONObject: Sendable {
    /// The keys, in order.
    public private(set) var keys: [String] = []
    /// The values, in the order of the keys.
    public private(set) var values: [JSONValue] = []
    /// Key to place; kept only once there are more members than a scan finds quickly.
    private var index: [String: Int] = [:]

    private static let scannedCount = 8

    /// An object without members.
    public init() {}

    /// How many members there are.
    public var count: Int { keys.count }

    /// Whether there is no member.
    public var isEmpty: Bool { keys.isEmpty }

    /// The value of a key, or nil; assigning replaces in place, or appends a new member.
    ///
    /// Assigning nil changes nothing.
    public subscript(key: String) -> JSONValue? {
        get { place(of: key).map { values[$0] } }
        set {
            guard let newValue else { return }
            if let place = place(of: key) {
                values[place] = newValue
            } else {
                append(key, newValue)
            }
        }
    }

    /// Appends a member, or returns false, and changes nothing, if the key is there already.
    package mutating func insert(_ key: String, _ value: JSONValue) -> Bool {
        guard place(of: key) == nil else { return false }
        append(key, value)
        return true
    }

    private func place(of key: String) -> Int? {
        index.isEmpty ? keys.firstIndex(of: key) : index[key]
    }

    private mutating func append(_ key: String, _ value: JSONValue) {
        keys.append(key)
        values.append(value)
        if !index.isEmpty {
            index[key] = keys.count - 1
        } else if keys.count > Self.scannedCount {
            for (place, key) in keys.enumerated() { index[key] = place }
        }
    }
}

extension JSONObject: Equatable {
    /// Whether both have the same members in the same order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.keys == right.keys && left.values == right.values
    }
}

extension JSONObject: Sequence {
    /// The members in order.
    public func makeIterator() -> Zip2Sequence<[String], [JSONValue]>.Iterator {
        zip(keys, values).makeIterator()
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// An object of members in the order of the literal; a key's last value counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }
}
