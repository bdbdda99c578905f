import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// GGUF files that are not what they must be.
@Suite("Hostile GGUF files")
struct GGUFAttackTests {
    /// A case: what is changed, and a part of the message.
    struct Attack: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout GGUFBuilder) -> Void

        init(_ wanted: String, _ change: @escaping @Sendable (inout GGUFBuilder) -> Void) {
            testDescription = wanted
            self.change = change
        }
    }

    static let most = GGUFBuilder.bytes(UInt64.max)

    static let attacks = [
        Attack("byte 0: no GGUF file") { $0.magic = Array("GGUG".utf8) },
        Attack("GGUF of version 2, wanted 3") { $0.version = 2 },
        Attack("GGUF of version 50331648, wanted 3") { $0.version = 3 << 24 },
        Attack("18446744073709551615 tensors in a file with") { $0.tensorCount = .max },
        Attack("18446744073709551615 key-value pairs in a file with") { $0.pairCount = .max },
        Attack("key-value pairs in a file with") { $0.pairCount = 1000 },
        Attack("18446744073709551615 bytes of a key") { $0.pairs = [most + [0, 0, 0, 0, 0]] },
        Attack("bytes of the value of k in a file with") {
            $0.pairs = [GGUFBuilder.pair("k", 8, GGUFBuilder.bytes(UInt64(1000)))]
        },
        Attack("a key that is not UTF-8") {
            $0.pairs = [GGUFBuilder.bytes(UInt64(1)) + [0xFF, 0, 0, 0, 0, 1]]
        },
        Attack("the key \"\", wanted a name") { $0.pairs = [GGUFBuilder.pair("", text: "")] },
        Attack("the key \"k\" is there twice") {
            $0.pairs = [GGUFBuilder.pair("k", text: ""), GGUFBuilder.pair("k", text: "")]
        },
        Attack("k: the unknown type 13") { $0.pairs = [GGUFBuilder.pair("k", 13, [])] },
        Attack("k: 2, wanted a truth value, 0 or 1") { $0.pairs = [GGUFBuilder.pair("k", 7, [2])] },
        Attack("k: an array of arrays") {
            $0.pairs = [GGUFBuilder.pair("k", 9, GGUFBuilder.bytes(UInt32(9)) + most)]
        },
        Attack("k: an array of the unknown type 99") {
            $0.pairs = [GGUFBuilder.pair("k", 9, GGUFBuilder.bytes(UInt32(99)) + most)]
        },
        Attack("18446744073709551615 elements of k") {
            $0.pairs = [GGUFBuilder.pair("k", 9, GGUFBuilder.bytes(UInt32(4)) + most)]
        },
        Attack("18446744073709551615 bytes of k") {
            let array = GGUFBuilder.bytes(UInt32(8)) + GGUFBuilder.bytes(UInt64(1)) + most
            $0.pairs = [GGUFBuilder.pair("k", 9, array)]
        },
        Attack("general.alignment: wanted a power of two") {
            $0.pairs = [GGUFBuilder.pair("general.alignment", 4, [0, 0, 0, 0])]
        },
        Attack("general.alignment: wanted a power of two up") {
            $0.pairs = [GGUFBuilder.pair("general.alignment", 4, [24, 0, 0, 0])]
        },
        Attack("general.alignment: wanted a power") {
            $0.pairs = [GGUFBuilder.pair("general.alignment", text: "32")]
        },
        Attack("0 dimensions, wanted 1 to 4") { $0.tensors[0].rank = 0 },
        Attack("9 dimensions, wanted 1 to 4") { $0.tensors[0].rank = 9 },
        Attack("a dimension of 0") { $0.tensors[0].dimensions = [4, 0] },
        Attack("a dimension of 18446744073709551615") { $0.tensors[0].dimensions = [.max] },
        Attack("dimensions whose product is too great") {
            $0.tensors[0].dimensions = [1 << 40, 1 << 40]
        },
        Attack("the unknown type 4") { $0.tensors[0].type = 4 },
        Attack("rows of 4 elements in Q8_0's blocks of 32") { $0.tensors[0].type = 8 },
        Attack("an offset of 16, wanted a multiple of 32") { $0.tensors[0].offset = 16 },
        Attack("an offset of 18446744073709551584") { $0.tensors[0].offset = .max - 31 },
        Attack("ends at byte 64 of 32 bytes of data") { $0.tensors[0].offset = 32 },
        Attack("ends at byte 9223372036854775807 of 32") {
            $0.tensors[0].offset = UInt64(Int.max - 31)
        },
        Attack("ends at byte 32 of 31 bytes") { $0.dataByteCount = 31 },
        Attack("is there twice") { $0.tensors += [GGUFBuilder.Entry(offset: 32)] },
        Attack("begins at byte 0 of the data, where another one ends at 32") {
            $0.tensors += [GGUFBuilder.Entry(name: "other")]
        },
        Attack("the tensor name \"a\\u{a}\", wanted a name") { $0.tensors[0].name = "a\n" },
    ]

    @Test(
        "a file that is wrong in one place is refused, and the message says in which",
        arguments: attacks)
    func refused(_ attack: Attack) {
        var builder = GGUFBuilder()
        attack.change(&builder)
        let message = message { _ = try builder.open() }
        #expect(message.contains(attack.testDescription), "\(message)")
    }

    @Test("the file that the attacks change is sound")
    func sound() throws {
        let file = try GGUFBuilder().open()
        #expect(file.names == ["blk.0.ffn_gate_inp.weight"])
        #expect(file.entry("blk.0.ffn_gate_inp.weight")?.shape == [2, 4])
        #expect(file.metadata["general.architecture"]?.stringValue == "olmoe")
    }

    @Test("a file that ends anywhere is refused, and one with a damaged byte never traps")
    func damaged() throws {
        let whole = GGUFBuilder()
        let count = whole.bytes.count
        let magic = whole.bytes
        for length in 0..<count {
            var builder = GGUFBuilder(magic: Array(magic[..<length]))
            builder.isRaw = true
            #expect(throws: CheckpointError.self, "\(length)") { try builder.open() }
        }
        var random = SeededRandom(54)
        for _ in 0..<300 {
            var bytes = magic
            bytes[Int.random(in: 0..<count - 32, using: &random)] = UInt8.random(
                in: 0...255, using: &random)
            var builder = GGUFBuilder(magic: bytes)
            builder.isRaw = true
            do {
                let file = try builder.open()
                for name in file.names { _ = file.entry(name) }
            } catch is CheckpointError {}
        }
    }
}
