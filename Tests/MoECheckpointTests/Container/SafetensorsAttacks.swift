import Testing

/// Bytes that are no valid safetensors file, and a word of the error that says so.
struct Attack: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let complaint: String

    init(_ name: String, _ bytes: [UInt8], _ complaint: String) {
        testDescription = name
        self.bytes = bytes
        self.complaint = complaint
    }

    /// Four bytes of data under a header.
    init(_ name: String, header: String, _ complaint: String) {
        self.init(name, safetensors(header, data: [1, 2, 3, 4]), complaint)
    }

    /// Four bytes of data under one entry's fields.
    init(_ name: String, entry: String, _ complaint: String) {
        self.init(name, header: #"{"a":\#(entry)}"#, complaint)
    }
}

/// The attack list: every case with its number there.
enum SafetensorsAttacks {
    static let good = safetensors("{\(entry("a", "I8", "[4]", 0, 4))}", data: [1, 2, 3, 4])

    static let lengths: [Attack] = [
        Attack("1: an empty file", [], "too short"),
        Attack("1: seven bytes", Array(repeating: 0, count: 7), "too short"),
        Attack("2: a header of no bytes", littleEndian(0), "wanted a JSON value"),
        Attack("3: a length of 2^64 - 1", littleEndian(.max) + [0x7B], "at most 100000000"),
        Attack("3: a length of 100 000 001", littleEndian(100_000_001), "at most 100000000"),
        Attack("4: a length beyond the file", littleEndian(3) + [0x7B, 0x7D], "in a file of 10"),
        Attack("4: the greatest length, no header", littleEndian(100_000_000), "in a file of 8"),
        Attack(
            "5: a length patched to less", littleEndian(20) + good.dropFirst(8), "header: byte 20"),
        Attack(
            "5: a length patched to more", littleEndian(UInt64(good.count) - 9) + good.dropFirst(8),
            "header: byte"),
    ]

    static let texts: [Attack] = [
        Attack(
            "6: a name that is not UTF-8", safetensors(header: [0x7B, 0x22, 0xFF, 0x22]), "UTF-8"),
        Attack("6: a bare byte that is not UTF-8", safetensors(header: [0xFF]), "byte 255"),
        Attack("7: not JSON", safetensors("hello"), "found 'h'"),
        Attack("7: an array at the top", safetensors("[]"), "wanted '{'"),
        Attack("7: a number at the top", safetensors("1"), "wanted '{'"),
        Attack("7: null at the top", safetensors("null"), "wanted '{'"),
        Attack("8: padding of NUL", safetensors("{}\0\0"), "found byte 0"),
        Attack("8: a byte order mark", safetensors("\u{FEFF}{}"), "byte 0"),
        Attack("8: a second object", safetensors("{}{}"), "wanted the end"),
        Attack(
            "34: nesting of 200 in an unknown field",
            header: #"{"a":{"x":\#(String(repeating: "[", count: 200))"#, "deeper than 64"),
        Attack(
            "35: 100 000 open brackets",
            safetensors(String(repeating: "[", count: 100_000)), "wanted '{'"),
        Attack(
            "35: 100 000 open brackets in a field",
            header: #"{"a":{"x":\#(String(repeating: "[", count: 100_000))"#, "deeper than 64"),
        Attack(
            "35: 100 000 open objects in a field",
            header: #"{"a":{"x":\#(String(repeating: #"{"x":"#, count: 100_000))"#, "deeper than 64"
        ),
        Attack(
            "38: NaN", entry: #"{"dtype":"I8","shape":[NaN],"data_offsets":[0,4]}"#, "found 'N'"),
        Attack("38: a comment", header: "{/**/}", "found '/'"),
        Attack(
            "38: a trailing comma in an object",
            header: "{\(entry("a", "I8", "[4]", 0, 4)),}", "after ','"),
        Attack(
            "38: a trailing comma in a shape",
            entry: #"{"dtype":"I8","shape":[4,],"data_offsets":[0,4]}"#, "after ','"),
    ]

    static let names: [Attack] = [
        Attack(
            "11: a name twice, the same entry",
            header: "{\(entry("a", "I8", "[4]", 0, 4)),\(entry("a", "I8", "[4]", 0, 4))}", "twice"),
        Attack(
            "12: a name twice, other ranges",
            header: "{\(entry("a", "I8", "[2]", 0, 2)),\(entry("a", "I8", "[2]", 2, 4))}", "twice"),
        Attack(
            "13: dtype twice",
            entry: #"{"dtype":"I8","dtype":"I8","shape":[4],"data_offsets":[0,4]}"#, "twice"),
        Attack(
            "13: shape twice",
            entry: #"{"dtype":"I8","shape":[4],"shape":[4],"data_offsets":[0,4]}"#, "twice"),
        Attack(
            "13: data_offsets twice",
            entry: #"{"dtype":"I8","shape":[4],"data_offsets":[0,4],"data_offsets":[0,4]}"#, "twice"
        ),
        Attack(
            "13: an unknown field twice",
            entry: #"{"x":1,"x":2,"dtype":"I8","shape":[4],"data_offsets":[0,4]}"#, "twice"),
        Attack(
            "13: __metadata__ twice", safetensors(#"{"__metadata__":{},"__metadata__":{}}"#),
            "twice"),
        Attack(
            "13: __metadata__ twice, first null",
            safetensors(#"{"__metadata__":null,"__metadata__":{}}"#), "twice"),
        Attack(
            "13: a metadata key twice", safetensors(#"{"__metadata__":{"a":"","a":""}}"#), "twice"),
        Attack(
            "14: names equal once unescaped",
            header: "{\(entry("a", "I8", "[2]", 0, 2)),\(entry(#"\u0061"#, "I8", "[2]", 2, 4))}",
            "twice"),
        Attack(
            "15: a metadata value that is a number", safetensors(#"{"__metadata__":{"a":1}}"#),
            "not a string"),
        Attack(
            "15: a metadata value that is an object", safetensors(#"{"__metadata__":{"a":{}}}"#),
            "not a string"),
        Attack(
            "15: metadata that is an array", safetensors(#"{"__metadata__":[]}"#),
            "object of strings"),
        Attack(
            "17: metadata shaped like a tensor",
            header: "{\(entry("__metadata__", "I8", "[4]", 0, 4))}", "not a string"),
        Attack("37: an empty name", header: "{\(entry("", "I8", "[4]", 0, 4))}", "empty"),
        Attack(
            "37: a name with NUL", header: "{\(entry(#"a\u0000"#, "I8", "[4]", 0, 4))}", "control"),
        Attack(
            "37: a name with DEL", header: "{\(entry("a\u{7F}", "I8", "[4]", 0, 4))}", "control"),
        Attack(
            "37: a name with U+0085", header: "{\(entry("a\u{85}", "I8", "[4]", 0, 4))}", "control"),
        Attack(
            "37: a name with a lone surrogate",
            header: "{\(entry(#"\ud800"#, "I8", "[4]", 0, 4))}", "lone surrogate"),
    ]

    static let entries: [Attack] = [
        Attack("19: an entry as an array", entry: #"["I8",[4],[0,4]]"#, "not an object"),
        Attack("20: no dtype", entry: #"{"shape":[4],"data_offsets":[0,4]}"#, "no dtype"),
        Attack("20: no shape", entry: #"{"dtype":"I8","data_offsets":[0,4]}"#, "no shape"),
        Attack("20: no data_offsets", entry: #"{"dtype":"I8","shape":[4]}"#, "no data_offsets"),
        Attack(
            "20: a dtype that does not exist", header: "{\(entry("a", "I9", "[4]", 0, 4))}",
            "\"I9\""),
        Attack("20: a dtype in lower case", header: "{\(entry("a", "i8", "[4]", 0, 4))}", "\"i8\""),
        Attack(
            "20: a dtype that is null", entry: #"{"dtype":null,"shape":[4],"data_offsets":[0,4]}"#,
            "dtype"),
    ]

    static let numbers: [Attack] =
        [
            "[-1,4]", "[0.0,4]", "[0,4e0]", #"["0",4]"#, "[0]", "[]", "[0,4,4]", "[-0,4]", "[00,4]",
            "null",
            "[null,4]", "[0,18446744073709551616]", "[0,18446744073709551615]",
            "[0,9223372036854775807]",
            "4", #"{"0":0}"#, "[0,[4]]",
        ].map {
            Attack(
                "21: data_offsets \($0)",
                entry: #"{"dtype":"I8","shape":[4],"data_offsets":\#($0)}"#, "header: byte")
        }
        + [
            "[4.0]", "[-4]", "[4e0]", "[18446744073709551616]", "[18446744073709551615]", #"["4"]"#,
            "[[4]]",
            "4", "null", "[true]", "[-0]",
        ].map {
            Attack("29: shape \($0)", header: "{\(entry("a", "I8", $0, 0, 4))}", "header: byte")
        }

    static let ranges: [Attack] = [
        Attack(
            "22: end before begin", header: "{\(entry("a", "I8", "[4]", 4, 0))}", "begin <= end"),
        Attack("22: a gap at the start", header: "{\(entry("a", "I8", "[3]", 1, 4))}", "hole"),
        Attack(
            "22: a hole",
            header: "{\(entry("a", "I8", "[1]", 0, 1)),\(entry("b", "I8", "[2]", 2, 4))}", "hole"),
        Attack(
            "22: an overlap",
            header: "{\(entry("a", "I8", "[3]", 0, 3)),\(entry("b", "I8", "[2]", 2, 4))}",
            "overlaps"),
        Attack(
            "22: two names on one range",
            header: "{\(entry("a", "I8", "[4]", 0, 4)),\(entry("b", "I8", "[4]", 0, 4))}",
            "overlaps"),
        Attack("24: trailing bytes", good + [0], "take 4 bytes, but it has 5"),
        Attack("24: a file that is short", good.dropLast(), "end <= 3"),
        Attack("24: data without tensors", header: "{}", "take 0 bytes, but it has 4"),
        Attack(
            "25: shape and range disagree", header: "{\(entry("a", "I8", "[5]", 0, 4))}",
            "takes 5 bytes"),
        Attack(
            "25: type and range disagree", header: "{\(entry("a", "F32", "[4]", 0, 4))}",
            "takes 16 bytes"),
        Attack(
            "26: a product that overflows",
            header: "{\(entry("a", "I8", "[4294967296,4294967296]", 0, 4))}", "too large"),
        Attack(
            "26: a product whose size overflows",
            header: "{\(entry("a", "F64", "[4294967296,268435456]", 0, 4))}", "too large"),
        Attack(
            "26: a product that wraps to 4",
            header: "{\(entry("a", "I8", "[4611686018427387905,4]", 0, 4))}", "too large"),
        Attack(
            "27: an overflow before a zero",
            safetensors(
                "{\(entry("a", "I8", "[18446744073709551615,18446744073709551615,0]", 0, 0))}"),
            "shape"),
        Attack(
            "27: 2^47 squared before a zero",
            safetensors("{\(entry("a", "I8", "[140737488355328,140737488355328,0]", 0, 0))}"),
            "too large"),
        Attack(
            "28: an overflow after a zero",
            safetensors(
                "{\(entry("a", "I8", "[0,18446744073709551615,18446744073709551615]", 0, 0))}"),
            "shape"),
        Attack(
            "28: 2^47 squared after a zero",
            safetensors("{\(entry("a", "I8", "[0,140737488355328,140737488355328]", 0, 0))}"),
            "too large"),
        Attack(
            "28: a dimension beyond 2^48 beside a zero",
            safetensors("{\(entry("a", "I8", "[0,281474976710657]", 0, 0))}"), "too large"),
        Attack(
            "31: an empty tensor inside another",
            header: "{\(entry("a", "I8", "[4]", 0, 4)),\(entry("b", "I8", "[0]", 2, 2))}",
            "overlaps"),
        Attack(
            "32: an odd number of F4", header: "{\(entry("a", "F4", "[7]", 0, 4))}", "fill bytes"),
        Attack(
            "32: F6 that do not fill bytes", header: "{\(entry("a", "F6_E2M3", "[5]", 0, 4))}",
            "fill bytes"),
    ]

    static let all = lengths + texts + names + entries + numbers + ranges
}
