import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// GPTQ weights of 8 bits: packing, zeros, groups in order and out of it.
@Suite("GPTQ weights")
struct GPTQWeightTests {
    static func expert(group: Int = -1, version: String = "gptq") -> OneExpert {
        OneExpert(
            hidden: 8, width: 8,
            quantization: """
                {"quant_method": "gptq", "bits": 8, "group_size": \(group),
                 "checkpoint_format": "\(version)"}
                """)
    }

    /// The code of an element; both ends occur.
    static func code(_ row: Int, _ column: Int) -> Int { (row * 67 + column * 31) % 256 }

    /// Four bytes a word, the first lowest.
    static func words(_ bytes: [UInt8], _ shape: [Int]) throws -> Tensor {
        try Tensor(bytes, .i32, shape)
    }

    /// A module of 8 × 8 with zeros as stored and scales of `groups` groups.
    static func module(
        _ name: String, zero: UInt8 = 127, groups: Int = 1, index: [Int32]? = nil,
        scale: (Int, Int) -> Float = { _, row in Float(row + 1) / 4 }
    ) throws -> [String: Tensor] {
        // qweight[k / 4, n] holds k, k + 1, k + 2, k + 3 of row n.
        let codes = (0..<2).flatMap { word in
            (0..<8).flatMap { row in (0..<4).map { UInt8(code(row, 4 * word + $0)) } }
        }
        let scales = (0..<groups).flatMap { group in (0..<8).map { scale(group, $0) } }
        var tensors = [
            "\(name).qweight": try words(codes, [2, 8]),
            "\(name).qzeros": try words(
                [UInt8](repeating: zero, count: groups * 8), [groups, 2]),
            "\(name).scales": try Tensor.floats(scales, [groups, 8], as: .f16),
        ]
        if let index { tensors["\(name).g_idx"] = try Tensor(index, shape: [8]) }
        return tensors
    }

    @Test("one group and zeros of 128 are int8 as they are", arguments: [false, true])
    func exact(isVersion2: Bool) throws {
        let expert = Self.expert(version: isVersion2 ? "gptq_v2" : "gptq")
        let tensors = try expert.tensors { name, _, _ in
            try Self.module(
                name, zero: isVersion2 ? 128 : 127, index: [Int32](repeating: 0, count: 8))
        }
        let (int8, report) = try expert.int8(tensors)
        let integers = (0..<64).map { Int8(Self.code($0 / 8, $0 % 8) - 128) }
        let scales = (0..<8).map { Float($0 + 1) / 4 }
        #expect(int8.down.values.elements == integers)
        #expect(integers.contains(-128))
        #expect(int8.down.scale == scales)
        #expect(report == LoadReport())
        let floats = (0..<64).map { Float(integers[$0]) * scales[$0 / 8] }
        #expect(try expert.floats(tensors).down.elements == floats)
    }

    @Test(
        "groups follow g_idx, or one another without it",
        arguments: [nil, [1, 0, 1, 0, 0, 1, 1, 0]] as [[Int32]?])
    func groups(index: [Int32]?) throws {
        let expert = Self.expert(group: 4)
        let scale = { (group: Int, row: Int) in Float(1 + group * 8 + row) / 8 }
        let tensors = try expert.tensors { name, _, _ in
            try Self.module(name, zero: 99, groups: 2, index: index, scale: scale)
        }
        let floats = try expert.floats(tensors)
        for place in 0..<64 {
            let (row, column) = (place / 8, place % 8)
            let group = index.map { Int($0[column]) } ?? column / 4
            let weight = scale(group, row) * Float(Self.code(row, column) - 100)
            #expect(floats.down[row, column] == weight)
        }
        let (int8, report) = try expert.int8(tensors)
        let wanted = requantized(floats.down)
        #expect(int8.down.values.elements == wanted.values && int8.down.scale == wanted.scale)
        #expect(report.losses.map(\.format) == ["GPTQ", "GPTQ"])
    }

    @Test("groups that share a scale are int8 as they are")
    func equalGroups() throws {
        let expert = Self.expert(group: 4)
        let tensors = try expert.tensors { name, _, _ in
            try Self.module(name, groups: 2) { _, row in Float(row) }
        }
        let (int8, report) = try expert.int8(tensors)
        #expect(int8.down.values.elements[9] == Int8(Self.code(1, 1) - 128))
        #expect(int8.down.scale == (0..<8).map(Float.init))
        #expect(report == LoadReport())
    }

    @Test("what no GPTQ module holds is refused")
    func broken() throws {
        let down = OneExpert.down
        func loading(
            _ expert: OneExpert = Self.expert(group: 4),
            _ change: (inout [String: Tensor]) throws -> Void
        ) throws -> String {
            var tensors = try expert.tensors { name, _, _ in
                try Self.module(name, groups: 2, index: [0, 0, 0, 0, 1, 1, 1, 1])
            }
            try change(&tensors)
            return expert.message(tensors)
        }
        #expect(try loading { _ in } == "no error")
        for (entry, place) in [(2, 5), (-1, 0)] as [(Int32, Int)] {
            #expect(
                try loading {
                    var index: [Int32] = [0, 0, 0, 0, 1, 1, 1, 1]
                    index[place] = entry
                    $0["\(down).g_idx"] = try Tensor(index, shape: [8])
                }
                    == "model.safetensors: \(down).g_idx: entry \(place) is \(entry), wanted a "
                    + "group within 0..<2")
        }
        #expect(
            try loading {
                var zeros = [UInt8](repeating: 127, count: 16)
                zeros[11] = 255
                $0["\(down).qzeros"] = try Self.words(zeros, [2, 2])
            }
                == "model.safetensors: \(down).qzeros: zero 11 is stored as 255, wanted at most 254: "
                + "programs disagree on what follows it")
        #expect(
            try loading { $0["\(down).scales"] = nil }
                == "model.safetensors: \(down).qweight: no scales, wanted "
                + "mlp.experts.0.down_proj.scales beside it")
        #expect(
            try loading {
                $0["\(down).scales"] = try .floats([Float](repeating: 1, count: 8), [1, 8])
            }
                == "model.safetensors: \(down).scales: shape [1, 8], wanted [2, 8]")
        #expect(
            try loading {
                $0["\(down).scales"] = try .floats([Float](repeating: -1, count: 16), [2, 8])
            }
                == "model.safetensors: \(down).scales: scale 0 is -1.0, wanted finite scales that "
                + "are not negative")
        #expect(
            try loading {
                $0["\(down).qweight"] = try Tensor([UInt8](repeating: 0, count: 48), .i32, [2, 6])
            }
                == "model.safetensors: \(down).qweight: shape [2, 6], wanted [2, 8] by the "
                + "configuration")
        var odd = Self.expert()
        odd.width = 6
        #expect(
            try loading(odd) { _ in }.contains(
                "gate_proj.qweight: a matrix of [6, 8], wanted "
                    + "dimensions that are multiples of 4"))
        var plain = Self.expert()
        plain.quantization = "null"
        #expect(
            try loading(plain) { _ in }.contains(
                "GPTQ weights, wanted \"quant_method\": \"gptq\" in config.json"))
    }
}
