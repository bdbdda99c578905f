import MoE
import MoECheckpoint
import MoETestSupport
import Testing

@Suite("Quantising a quantised checkpoint")
struct QuantizeFormatsTests {
    /// FP8 weights of a linear layer with a scale of its own.
    static func fp8(_ layer: String, _ rows: Int, _ columns: Int) throws -> [String: Tensor] {
        // Any codes but NaN's.
        let codes = (0..<rows * columns).map { UInt8($0 * 29 % 127) }
        return [
            layer + ".weight": try Tensor(type: .f8e4m3, shape: [rows, columns], bytes: codes),
            layer + ".weight_scale_inv": try Tensor([Float(0x1.3p-9)], shape: [1, 1]),
        ]
    }

    static let fp8Settings =
        #"{"quant_method": "fp8", "weight_block_size": [128, 128], "activation_scheme": "dynamic"}"#

    static let attention = "model.layers.0.self_attn.q_proj"

    @Test(
        "requantises FP8 experts as loading does, says what that costs, and widens the rest",
        arguments: QuantizedFormat.allCases)
    func fp8(format: QuantizedFormat) throws {
        let expert = OneExpert(quantization: Self.fp8Settings)
        let tensors = try merged([expert.tensors(Self.fp8), Self.fp8(Self.attention, 4, 8)])
        let folder = try QuantizedFolder(expert.config, tensors)
        let report = try folder.quantize(format)

        #expect(
            try ComparableLayer(0, of: folder.destination) == ComparableLayer(0, of: folder.source))
        #expect(report.loss?.format == "FP8" && (report.loss?.relativeError ?? 0) > 1e-4)
        #expect(report.notes == ["FP8 weights outside the experts are written as BF16"])
        let written = try folder.tensors()
        let widened = try #require(written[Self.attention + ".weight"])
        let codes = try #require(tensors[Self.attention + ".weight"]?.bytes)
        #expect(widened.type == .bf16 && widened.shape == [4, 8])
        // A product of 4 and 5 significant bits, rounded to 8.
        #expect(
            try #require(widened.floats())
                == codes.map { rounded(SmallFloat.e4m3.value($0) * 0x1.3p-9) })
        #expect(!written.keys.contains { $0.hasSuffix("_inv") })
        let config = try folder.json("config.json")
        #expect(
            config["quantization_config"]?["quant_method"]
                == (format == .modelSlim ? nil : "compressed-tensors"))
    }

    /// To BF16 and back, by arithmetic of its own.
    func rounded(_ value: Float) -> Float {
        guard value != 0 else { return 0 }
        let unit = Float(sign: .plus, exponent: value.exponent - 7, significand: 1)
        return (value / unit).rounded(.toNearestOrEven) * unit
    }

    /// int8 weights of a linear layer; -128 occurs.
    static func int8(_ layer: String, _ rows: Int, _ columns: Int) throws -> [String: Tensor] {
        let values = (0..<rows * columns).map { Int8(truncatingIfNeeded: $0 * 37 - 128) }
        return [
            layer + ".weight": try Tensor(values, shape: [rows, columns]),
            layer + ".weight_scale": try Tensor.floats(
                (0..<rows).map { Float($0 + 1) / 64 }, [rows, 1], as: .bf16),
        ]
    }

    @Test("takes int8 of one format over into the other, bit for bit, outside the experts too")
    func int8() throws {
        let expert = OneExpert(quantization: #"{"quant_method": "compressed-tensors"}"#)
        let tensors = try merged([expert.tensors(Self.int8), Self.int8(Self.attention, 4, 8)])
        let folder = try QuantizedFolder(expert.config, tensors)
        let report = try folder.quantize(.modelSlim)

        let written = try folder.tensors()
        for name in [Self.attention, OneExpert.down].map({ $0 + ".weight" }) {
            #expect(written[name] == tensors[name])
            #expect(written[name + "_scale"]?.floats() == tensors[name + "_scale"]?.floats())
            #expect(try folder.json("quant_model_description.json")[name] == "W8A8_DYNAMIC")
        }
        #expect(report.loss == nil && report.notes.isEmpty && report.quantizedCount == 4)
        #expect(
            try ComparableLayer(0, of: folder.destination) == ComparableLayer(0, of: folder.source))
    }

    @Test("splits gpt-oss's MXFP4 blocks and their biases into linear layers")
    func mxfp4() throws {
        let folder = try QuantizedFolder(FP4WeightTests.config(), FP4WeightTests.tensors())
        let report = try folder.quantize()

        #expect(
            try ComparableLayer(0, of: folder.destination) == ComparableLayer(0, of: folder.source))
        #expect(report.loss?.format == "MXFP4" && report.quantizedCount == 6)
        let written = try folder.tensors()
        let expert = FP4WeightTests.prefix + "1."
        #expect(written[expert + "up_proj.weight"]?.shape == [32, 32])
        // Element 2n + 1 of an expert's 64 is the bias of up's row n.
        let upBias: [Float] = (0..<32).map { row in Float(2 * row + 65) }
        #expect(written[expert + "up_proj.bias"]?.floats() == upBias)
        #expect(!written.keys.contains { $0.contains("_blocks") || $0.contains("_scales") })
    }

    @Test("gives GPTQ's layers the names of weights, and widens those outside the experts")
    func gptq() throws {
        let expert = GPTQWeightTests.expert()
        let store = { (name: String, _: Int, _: Int) in try GPTQWeightTests.module(name) }
        let tensors = try merged([expert.tensors(store), store(Self.attention, 8, 8)])
        let folder = try QuantizedFolder(expert.config, tensors)
        let report = try folder.quantize(.modelSlim)

        #expect(
            try ComparableLayer(0, of: folder.destination) == ComparableLayer(0, of: folder.source))
        #expect(report.loss == nil && report.quantizedCount == 3)
        let written = try folder.tensors()
        #expect(written.count == 1 + 3 * 3 + 1)
        let attention = try #require(written[Self.attention + ".weight"])
        let weights = (0..<64).map { place in
            let (row, column) = (place / 8, place % 8)
            return Float(GPTQWeightTests.code(row, column) - 128) * Float(row + 1) / 4
        }
        #expect(attention.type == .bf16)
        #expect(try #require(attention.floats()) == weights.map(rounded))
    }
}
