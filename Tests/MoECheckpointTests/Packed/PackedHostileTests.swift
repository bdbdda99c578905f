import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// Whatever a file holds, reading it is a result or an error; its hashes are right here, so that
/// nothing but the checks behind them is left.
@Suite("A hostile packed file")
struct PackedHostileTests {
    /// Opens the file and computes with all that it has.
    private func use(_ file: PackedFile) {
        guard let model = try? file.open() else { return }
        for layer in model.layers.prefix(3) {
            guard let block = try? model.block(layer, threads: 1),
                let input = try? tokens(2, block.shape.hiddenSize)
            else { continue }
            _ = try? block.forward(input)
            _ = try? block.forward(input, routerInput: input, tokenIDs: [0, .max])
        }
        try? model.verify(threads: 1)
    }

    @Test("does no harm with panels of any bytes", arguments: GemmKernel.available)
    func panels(_ kernel: GemmKernel) throws {
        let file = try PackedFile(try PackedFile.wideCheckpoint(), for: kernel)
        let bytes = try file.bytes
        let end = Int(file.word(PackedFile.offsetPlace, of: bytes))
        var random = SeededRandom(1)
        for round in 0..<4 {
            var changed = bytes
            for place in 64..<end where round == 0 || random.next() % 16 < 1 << round {
                changed[place] = round == 0 ? 0xFF : UInt8(truncatingIfNeeded: random.next())
            }
            // The router as it was, or its hash would keep the panels from being used.
            let json = try JSONValue(parsing: file.directory)
            let layer = try #require(json["layers"]?.arrayValue?.first)
            for section in [layer["router"]?["weight"], layer["shared"]?["gate"]] {
                let offset = try #require(section?["offset"]?.intValue)
                let count = try #require(section?["bytes"]?.intValue)
                changed.replaceSubrange(
                    offset..<offset + count, with: bytes[offset..<offset + count])
            }
            try file.write(changed)
            let block = try file.open().block(0, threads: 1)
            for count in [1, 9] { _ = try block.forward(tokens(count, 1090)) }
        }
    }

    @Test("does no harm with numbers of any size in its directory")
    func numbers() throws {
        let file = try PackedFile(try PackedFile.wideCheckpoint())
        let text = try file.directory
        let extremes = [
            "0", "-1", "1", "65535", "131072", "1048576", "2147483648", "9223372036854775807",
            "-9223372036854775808", "18446744073709551616", "1e308", "null", "\"inf\"", "[]", "{}",
            "true",
        ]
        var count = 0
        for match in text.matches(of: /: ([^\s{\[][^,\n]*)/) {
            let range = match.output.1.startIndex..<match.output.1.endIndex
            for extreme in extremes {
                try file.write(directory: text.replacingCharacters(in: range, with: extreme))
                use(file)
                count += 1
            }
        }
        #expect(count > 500)
    }

    @Test("is refused where sections overlap, leave the file or are not aligned")
    func sections() throws {
        let file = try PackedFile(try PackedFile.wideCheckpoint())
        let text = try file.directory, json = try JSONValue(parsing: text)
        let layer = try #require(json["layers"]?.arrayValue?.first)
        let offset = try #require(layer["experts"]?["factors"]?["offset"]?.intValue)
        let panels = try #require(layer["experts"]?["panels"]?["offset"]?.intValue)
        for place in [panels, offset + 64, offset + 1 << 40, 9_223_372_036_854_771_712] {
            try file.write(
                directory: text.replacing("\"offset\": \(offset),", with: "\"offset\": \(place),"))
            #expect(
                message { _ = try file.open() }.contains("damaged packed file: layer 0: "),
                "\(place)")
        }
    }

    @Test("is refused where members are missing, are of another kind or come twice")
    func members() throws {
        let file = try PackedFile(try PackedFile.wideCheckpoint())
        let text = try file.directory
        for (part, other, reason) in [
            ("\"top_k\"", "\"top\"", ".top_k: no such key"),
            ("\"softmax\"", "\"argmax\"", ".score: \"argmax\", wanted one of \"softmax\""),
            ("\"count\"", "\"amount\"", ".count: no such key"),
            ("\"hidden_size\"", "\"count\"", "count"),
            ("\"layers\": [", "\"layers\": [[], ", "layers[0]"),
            ("\"kind\": \"swiglu\"", "\"kind\": \"relu\"", "\"relu\""),
        ] {
            let changed = text.replacing(part, with: other)
            try #require(changed != text)
            try file.write(directory: changed)
            let found = message { _ = try file.open() }
            #expect(
                found.hasPrefix("\(file.path): directory") && found.contains(reason), "\(found)")
        }
    }
}
