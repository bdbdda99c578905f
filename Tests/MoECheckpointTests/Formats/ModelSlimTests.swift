import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// Checkpoints of msmodelslim, whose description file says how every tensor is stored.
@Suite("msmodelslim")
struct ModelSlimTests {
    static let modules = ["gate_proj", "up_proj", "down_proj"].map { OneExpert.block + $0 }

    func expert(_ scheme: String, more: String = "") throws -> OneExpert {
        let lines = Self.modules.flatMap { module in
            ["weight", "weight_scale", "weight_offset"].map { "\"\(module).\($0)\": \"\(scheme)\"" }
        }
        let text =
            "{\"model_quant_type\": \"W8A8_DYNAMIC\", \"version\": \"1.0.0\", \"group_size\": 0,"
            + more + lines.joined(separator: ",") + "}"
        return OneExpert(format: try WeightFormat(modelSlim: JSONValue(parsing: text)))
    }

    /// W8A8_DYNAMIC's three tensors.
    static func stored(_ module: String, _ rows: Int, _ columns: Int) throws -> [String: Tensor] {
        [
            "\(module).weight": try Tensor(
                Int8WeightTests.integers(rows * columns), shape: [rows, columns]),
            "\(module).weight_scale": try .floats(Int8WeightTests.scales(rows), [rows, 1]),
            "\(module).weight_offset": try .floats([Float](repeating: 0, count: rows), [rows, 1]),
        ]
    }

    @Test("W8A8_DYNAMIC reaches the product byte by byte, with float32 scales")
    func dynamic() throws {
        let expert = try expert("W8A8_DYNAMIC")
        let (int8, report) = try expert.int8(expert.tensors(Self.stored))
        #expect(int8.down.values.elements == Int8WeightTests.integers(16))
        #expect(int8.down.scale == Int8WeightTests.scales(4))
        #expect(report == LoadReport())
    }

    @Test("W8A8 has its weights taken, and its static activations left")
    func staticScheme() throws {
        let expert = try expert("W8A8")
        let tensors = try expert.tensors { module, rows, columns in
            try merged([
                Self.stored(module, rows, columns),
                [
                    "\(module).input_scale": .floats([0.5], [1]),
                    "\(module).input_offset": .floats([3], [1]),
                    "\(module).quant_bias": Tensor(
                        [Int32](repeating: 0, count: rows), shape: [rows]),
                    "\(module).deq_scale": .floats([Float](repeating: 0, count: rows), [rows]),
                ],
            ])
        }
        let (int8, report) = try expert.int8(tensors)
        #expect(int8.down.values.elements == Int8WeightTests.integers(16))
        #expect(report.notes == ["the static scales of activations are not used"])
    }

    @Test("FLOAT weights are floats")
    func float() throws {
        let expert = try expert("FLOAT")
        let tensors = try expert.tensors { module, rows, columns in
            [
                "\(module).weight": try .floats(
                    [Float](repeating: 2, count: rows * columns), [rows, columns], as: .bf16)
            ]
        }
        #expect(try expert.floats(tensors).down.elements == [Float](repeating: 2, count: 16))
    }

    @Test("another scheme, and weights that are not stored as described, are refused")
    func refused() throws {
        for (scheme, text) in [
            ("W4A8_DYNAMIC", ": \"W4A8_DYNAMIC\", wanted \"W8A8_DYNAMIC\", \"W8A8\" or \"FLOAT\""),
            ("FLOAT", ": type I8, wanted \"FLOAT\" by quant_model_description.json"),
        ] {
            let expert = try expert(scheme)
            #expect(
                expert.message(try expert.tensors(Self.stored)).hasSuffix(
                    "\(Self.modules[0]).weight\(text)"))
        }
        let expert = try expert("W8A8_DYNAMIC")
        let tensors = try expert.tensors { module, rows, columns in
            [
                "\(module).weight": try .floats(
                    [Float](repeating: 2, count: rows * columns), [rows, columns])
            ]
        }
        #expect(
            expert.message(tensors)
                == "model.safetensors: \(Self.modules[0]).weight: type F32, wanted \"W8A8_DYNAMIC\" by "
                + "quant_model_description.json")
        #expect(throws: CheckpointError.self) { try WeightFormat(modelSlim: [1]) }
    }

    @Test("an offset that is not 0 is refused")
    func offset() throws {
        let expert = try expert("W8A8_DYNAMIC")
        var tensors = try expert.tensors(Self.stored)
        tensors[Self.modules[2] + ".weight_offset"] = try .floats([0, 0, -1, 0], [4, 1])
        #expect(expert.message(tensors).contains("weight_offset: offset 2 is -1.0, wanted 0"))
    }
}
