import MoE
import MoECheckpoint
import Testing

/// A small reproducible generator (SplitMix64).
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Suite("Damaged input is refused or read, and never traps")
struct SafetensorsMutationTests {
    private static let header =
        #"{"__metadata__":{"format":"pt","é":"\u00e9\ud83d\ude00"},\#(entry("a", "I8", "[2,3]", 0, 6)),"#
        + #"\#(entry("b.weight", "F32", "[2]", 6, 14)),\#(entry("z", "F4", "[0,7]", 14, 14)),"#
        + #""q":{"x":[1e3,-0.5,null,true,{}],"dtype":"BF16","shape":[],"data_offsets":[14,16]}}  "#
    private static let tokens = [
        "\"", "\\", "\\u", "{", "}", "[", "]", ",", ":", "-", "0", "9", "e", ".", "null",
        "18446744073709551615",
        "\0", " ", "\"dtype\"", "\"a\"", "\\ud800", "4294967296",
    ].map { Array($0.utf8) }

    /// One to four random edits.
    private func damage(_ bytes: [UInt8], with generator: inout Seeded) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0..<max(1, bytes.count), using: &generator)
            let end = min(bytes.count, place + Int.random(in: 1...8, using: &generator))
            guard place < end else { break }
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[place] = .random(in: 0...255, using: &generator)
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
            default:
                let token = Int.random(in: 0..<Self.tokens.count, using: &generator)
                bytes.replaceSubrange(place..<end, with: Self.tokens[token])
            }
        }
        return bytes
    }

    @Test("50 000 damaged headers", arguments: [1, 2] as [UInt64])
    func headers(seed: UInt64) throws {
        var generator = Seeded(state: seed)
        let header = Array(Self.header.utf8)
        _ = try SafetensorsHeader(parsing: header, dataByteCount: 16, file: "f")
        var accepted = 0
        for _ in 0..<25_000 {
            let damaged = damage(header, with: &generator)
            do throws(CheckpointError) {
                let parsed = try SafetensorsHeader(parsing: damaged, dataByteCount: 16, file: "f")
                accepted += 1
                // Whatever is accepted keeps its promises.
                #expect(parsed.records.reduce(0) { $0 + $1.byteCount } == 16)
                for record in parsed.records {
                    #expect(
                        Tensor.byteCount(type: record.type, shape: record.shape) == record.byteCount
                    )
                    #expect(record.offset >= 0 && record.offset + record.byteCount <= 16)
                }
            } catch {
                #expect(error.code == .format)
            }
        }
        // Both outcomes must occur, or the damage is too mild or too heavy to test anything.
        #expect(accepted > 100 && accepted < 20_000)
    }

    @Test("1 000 damaged files")
    func files() throws {
        var generator = Seeded(state: 3)
        let folder = try TemporaryFolder()
        let whole = safetensors(Self.header, data: Array(repeating: 1, count: 16))
        for _ in 0..<1_000 {
            let path = try folder.write(damage(whole, with: &generator), to: "x")
            guard let file = try? SafetensorsFile(opening: path) else { continue }
            for name in file.names { #expect(try file.tensor(name).bytes.count <= 16) }
        }
    }

    @Test("20 000 damaged JSON texts: skipping refuses what parsing refuses, and text reads back")
    func json() throws {
        var generator = Seeded(state: 4)
        for _ in 0..<20_000 {
            // As a field that a reader of indices passes over, and as a value.
            let text =
                Array(#"{"x":"#.utf8) + damage(Array(Self.header.utf8), with: &generator)
                + Array(#","weight_map":{}}"#.utf8)
            let value = try? JSONValue(parsing: text)
            #expect((value != nil) == ((try? ShardIndex(parsing: text, path: "i")) != nil))
            guard let value else { continue }
            #expect(try JSONValue(parsing: value.text()) == value)
            #expect(try JSONValue(parsing: value.text(.indented)) == value)
        }
    }
}
