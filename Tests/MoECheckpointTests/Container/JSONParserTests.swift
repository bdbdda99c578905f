import MoECheckpoint
import Testing

@Suite("JSON is parsed strictly")
struct JSONParserTests {
    @Test(
        "a well-formed text is read",
        arguments: [
            ("null", JSONValue.null), ("true", true), (" \t\r\nfalse\n", false),
            ("4", 4), ("-7", -7), ("4.0", .number(4)), ("4e0", .number(4)),
            ("-0.5E-1", .number(-0.05)),
            ("-0", .integer(JSONInteger(isNegative: true, magnitude: 0))),
            ("-0.0", .number(-0.0)),
            ("18446744073709551615", .integer(JSONInteger(isNegative: false, magnitude: .max))),
            ("18446744073709551616", .number(18_446_744_073_709_551_616)),
            ("-9223372036854775808", .integer(Int.min)),
            (#""""#, ""), (#""é\u00e9\n\/\\\"""#, "éé\n/\\\""), (#""\ud83d\ude00""#, "😀"),
            (#""\u0000""#, "\0"), ("[]", []),
            ("[ 1 , [ 2 ] , {} ]", [1, [2], .object(JSONObject())]),
            ("\"\u{7F}\"", "\u{7F}"),
        ] as [(String, JSONValue)])
    func accepts(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test(
        "what RFC 8259 does not allow is refused",
        arguments: [
            "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5",
            "1e",
            "1e+", "0x10", "1_000", "1 2", "{} {}", "{}\0", "\u{FEFF}{}", "[1,]", "[,1]", "[1 2]",
            "[",
            "]", "[1", "[}", "{", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a" 1}"#,
            #"{a:1}"#,
            #"{"a":1 "b":2}"#, #"{1:2}"#, #"{"a":1]"#, "'a'", "\"a", "\"a\nb\"", "\"\u{1F}\"",
            #""\x41""#,
            #""\u12""#, #""\u12g4""#, #""\"#, #""\u"#, "[1] // c", "/* c */ 1", "1e999", "-1e999",
            #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\ud800x""#, #""\ud800\n""#,
            #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"[{"x":{"é":1,"e\u0301":2}}]"#,
        ])
    func rejects(text: String) {
        #expect(throws: CheckpointError.self) { try JSONValue(parsing: text) }
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
            [0x80],
        ] as [[UInt8]])
    func rejectsBadUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: CheckpointError.self) { try JSONValue(parsing: [quote] + bytes + [quote]) }
        let escaped = [quote] + Array(#"\n"#.utf8) + bytes + [quote]
        #expect(throws: CheckpointError.self) { try JSONValue(parsing: escaped) }
        #expect(throws: CheckpointError.self) { try JSONValue(parsing: bytes) }
    }

    @Test("nesting is allowed up to the limit and not beyond", arguments: ["[", #"{"a":"#])
    func depth(opening: String) throws {
        let closing = opening == "[" ? "]" : "}"
        func nested(_ depth: Int) -> String {
            String(repeating: opening, count: depth - 1) + (opening == "[" ? "[]" : "{}")
                + String(repeating: closing, count: depth - 1)
        }
        _ = try JSONValue(parsing: nested(64))
        #expect(throws: CheckpointError.self) { try JSONValue(parsing: nested(65)) }
        #expect(throws: CheckpointError.self) {
            try JSONValue(parsing: String(repeating: opening, count: 100_000))
        }
        let greatest = JSONLimits(depth: .max)
        #expect(throws: CheckpointError.self) {
            try JSONValue(parsing: String(repeating: opening, count: 100_000), limits: greatest)
        }
    }

    @Test("a text longer than the limit is refused before it is read")
    func byteLimit() throws {
        _ = try JSONValue(parsing: "1234", limits: JSONLimits(byteCount: 4))
        #expect(throws: CheckpointError.self) {
            try JSONValue(parsing: "1234 ", limits: JSONLimits(byteCount: 4))
        }
    }

    @Test("an endless number is refused")
    func longNumber() {
        #expect(throws: CheckpointError.self) {
            try JSONValue(parsing: String(repeating: "1", count: 100_000))
        }
    }

    @Test("an error names the source and the byte")
    func message() {
        let error = #expect(throws: CheckpointError.self) {
            try JSONValue(parsing: #"{"a": tru}"#, source: "config.json")
        }
        #expect(error?.code == .format)
        #expect(error?.message == "config.json: byte 6: found 't', wanted true")
    }

    @Test(
        "an object keeps its order and finds every key, few or many", arguments: [1, 8, 9, 5_000])
    func lookup(count: Int) throws {
        let members = (0..<count).map { #""key\#($0)":\#($0)"# }.joined(separator: ",")
        let object = try #require(try JSONValue(parsing: "{\(members)}").objectValue)
        #expect(object.keys == (0..<count).map { "key\($0)" })
        #expect((0..<count).allSatisfy { object["key\($0)"]?.intValue == $0 })
        #expect(object["key\(count)"] == nil)
    }

    @Test("only an integer that fits is an Int")
    func intValue() throws {
        let values = try JSONValue(
            parsing:
                #"[9223372036854775807,9223372036854775808,-1,-9223372036854775808,-0,4.0,"4"]"#)
        #expect(
            values.arrayValue?.map(\.intValue) == [.max, nil, -1, .min, nil, nil, nil])
    }
}

@Suite("JSON is written so that it reads back")
struct JSONWriterTests {
    private let text = #"{"b":[1,-2.5,1e+30,"q\"\\\n\u0001é"],"a":{},"c":[],"d":[null,true]}"#

    @Test("compact text comes back byte for byte, its order kept")
    func compact() throws {
        #expect(try JSONValue(parsing: text).text() == text)
    }

    @Test("indented text holds the same value")
    func indented() throws {
        let value = try JSONValue(parsing: text)
        let indented = try value.text(.indented)
        #expect(try JSONValue(parsing: indented) == value)
        #expect(indented.hasPrefix("{\n  \"b\": [\n    1,\n    -2.5,\n"))
        #expect(indented.hasSuffix("\n}\n"))
    }

    @Test(
        "every finite number reads back as itself",
        arguments: [
            0, -0.0, 0.1, 1e16, 1e22, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -1.5, 100,
        ] as [Double])
    func numbers(number: Double) throws {
        let text = try JSONValue.number(number).text()
        #expect(try JSONValue(parsing: text) == .number(number))
        #expect(try JSONValue(parsing: text).doubleValue?.sign == number.sign)
    }

    @Test("a number that is not finite is refused", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(number: Double) {
        #expect(throws: CheckpointError.self) { try JSONValue.array([.number(number)]).text() }
    }

    @Test("assigning to a key replaces its value in place")
    func replace() throws {
        var object = JSONObject()
        object["a"] = 1
        object["b"] = 2
        object["a"] = "x"
        #expect(try JSONValue.object(object).text() == #"{"a":"x","b":2}"#)
    }
}
