import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// MXFP4 weights of gpt-oss, compressed-tensors and DeepSeek-V4.
@Suite("MXFP4 weights")
struct FP4WeightTests {
    static let prefix = "model.layers.0.mlp.experts."

    /// A gpt-oss layer of two experts, 32 wide both ways.
    static func config(width: Int = 32) -> String {
        """
        {"model_type": "gpt_oss", "hidden_size": 32, "intermediate_size": \(width),
         "num_hidden_layers": 1, "num_local_experts": 2, "num_experts_per_tok": 1,
         "quantization_config": {"quant_method": "mxfp4"}}
        """
    }

    /// Codes that differ by expert, row and byte, so that every one of 16 occurs on either side.
    static func codes(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + $0 / 16 * 5) }
    }

    static func tensors() throws -> [String: Tensor] {
        let ones: (Int) -> [Float] = { [Float](repeating: 1, count: $0) }
        return [
            "model.layers.0.mlp.router.weight": try .floats(ones(64), [2, 32]),
            "model.layers.0.mlp.router.bias": try .floats(ones(2), [2]),
            prefix + "gate_up_proj_blocks": try Tensor(codes(2048), .u8, [2, 64, 1, 16]),
            prefix + "gate_up_proj_scales": try Tensor(
                (0..<128).map { UInt8($0 + 60) }, .u8, [2, 64, 1]),
            prefix + "gate_up_proj_bias": try .floats((0..<128).map(Float.init), [2, 64]),
            prefix + "down_proj_blocks": try Tensor(codes(1024), .u8, [2, 32, 1, 16]),
            prefix + "down_proj_scales": try Tensor(
                (0..<64).map { UInt8($0 + 90) }, .u8, [2, 32, 1]),
            prefix + "down_proj_bias": try .floats(ones(64), [2, 32]),
        ]
    }

    /// Row `row` of 32 elements by the definition.
    static func row(_ codes: [UInt8], _ row: Int, scale: Int) -> [Float] {
        let factor = Float(sign: .plus, exponent: scale - 127, significand: 1)
        return codes[row * 16..<row * 16 + 16].flatMap {
            [SmallFloat.e2m1.value($0 & 15) * factor, SmallFloat.e2m1.value($0 >> 4) * factor]
        }
    }

    @Test("gpt-oss: low nibbles first, rows of gate and up in turn, biases beside")
    func openAI() throws {
        let checkpoint = try checkpoint(Self.config(), Self.tensors())
        let layer = try checkpoint.layer(0, experts: .float)
        guard case .float(let experts) = layer.experts else { return #expect(Bool(false)) }
        for expert in 0..<2 {
            let rows = (0..<64).map {
                Self.row(Self.codes(2048), expert * 64 + $0, scale: expert * 64 + $0 + 60)
            }
            let gates = stride(from: 0, to: 64, by: 2).flatMap { rows[$0] }
            let ups = stride(from: 1, to: 64, by: 2).flatMap { rows[$0] }
            #expect(experts[expert].gateUp.elements == gates + ups)
            let downs = (0..<32).flatMap {
                Self.row(Self.codes(1024), expert * 32 + $0, scale: expert * 32 + $0 + 90)
            }
            #expect(experts[expert].down.elements == downs)
            #expect(experts[expert].gateUpBias?[1] == Float(expert * 64 + 2))
        }
        let (loaded, report) = try checkpoint.load(0, experts: .int8)
        guard case .int8(let quantized) = loaded.experts else { return #expect(Bool(false)) }
        let wanted = requantized(experts[1].down)
        #expect(quantized[1].down.values.elements == wanted.values)
        #expect(quantized[1].down.scale == wanted.scale)
        #expect(report.losses.map(\.format) == ["MXFP4", "MXFP4"])
        #expect(
            report.summary?.hasPrefix("MXFP4 weights requantised to int8 per channel, ") == true)
    }

    @Test("exact: channels that are integers times a power of two are those, without any loss")
    func exact() throws {
        var tensors = try Self.tensors()
        // Down is 32 rows of four blocks: scales that span 3, with 12 · 8 below 127; in row 1 they
        // span 4 and its codes are too great for that; in row 2 the lone greater block is zeros.
        var codes = Self.codes(4096), scales: [UInt8] = []
        for row in 0..<64 { scales += [120, 121, 123, row % 32 == 1 ? 124 : 122] }
        scales[11] = 140
        for place in 2 * 64 + 48..<2 * 64 + 64 { codes[place] = 0x80 }
        tensors[Self.prefix + "down_proj_blocks"] = try Tensor(codes, .u8, [2, 32, 4, 16])
        tensors[Self.prefix + "down_proj_scales"] = try Tensor(scales, .u8, [2, 32, 4])
        tensors[Self.prefix + "gate_up_proj_blocks"] = try Tensor(
            Self.codes(8192), .u8, [2, 256, 1, 16])
        tensors[Self.prefix + "gate_up_proj_scales"] = try Tensor(
            (0..<512).map { UInt8($0 / 4 + 60) }, .u8, [2, 256, 1])
        tensors[Self.prefix + "gate_up_proj_bias"] = try .floats(
            [Float](repeating: 0, count: 512), [2, 256])
        let config = try configuration(Self.config(width: 128))
        var format = try Checkpoint(
            configuration: config, tensors: MemoryTensorSource(tensors)
        ).weightFormat
        format.mxfp4 = .exact
        let checkpoint = try inspected(
            config, MemoryTensorSource(tensors), weightFormat: format)
        let (layer, report) = try checkpoint.load(0, experts: .int8)
        guard case .int8(let found) = layer.experts,
            case .float(let wanted) = try checkpoint.layer(0, experts: .float).experts
        else { return #expect(Bool(false)) }
        for (found, wanted) in zip(found, wanted) {
            for row in 0..<256 {
                #expect(Self.values(found.gateUp, row) == Array(wanted.gateUp.row(row)))
            }
            for row in 0..<32 {
                let isExact = Self.values(found.down, row) == Array(wanted.down.row(row))
                #expect(isExact == (row != 1), "row \(row)")
            }
        }
        #expect(found[0].down.scale[0] == 0x1p-8)
        #expect(report.losses.map(\.projection) == ["down"])
    }

    private static func values(_ matrix: QuantizedMatrix, _ row: Int) -> [Float] {
        matrix.values.row(row).map { Float($0) * matrix.scale[row] }
    }

    @Test("the least scale is a subnormal, which is kept")
    func subnormal() throws {
        var tensors = try Self.tensors()
        tensors[Self.prefix + "down_proj_scales"] = try Tensor(
            [UInt8](repeating: 0, count: 64), .u8, [2, 32, 1])
        let layer = try checkpoint(Self.config(), tensors).layer(0, experts: .float)
        guard case .float(let experts) = layer.experts else { return #expect(Bool(false)) }
        let codes = Self.codes(1024)
        #expect(experts[0].down.elements[1] == SmallFloat.e2m1.value(codes[0] >> 4) * 0x1p-127)
        #expect(experts[0].down.elements[2] == SmallFloat.e2m1.value(codes[1] & 15) * 0x1p-127)
    }

    @Test("compressed-tensors packs two columns a byte, DeepSeek-V4 as I8, its scales beside")
    func packed() throws {
        let expert = OneExpert(hidden: 64, width: 32)
        let codes = Self.codes(1024)
        func store(
            _ weight: String, _ scale: String, _ type: ElementType, _ scaleType: ElementType
        ) throws -> [Float] {
            try expert.floats(
                expert.tensors { module, rows, columns in
                    [
                        "\(module).\(weight)": try Tensor(codes, type, [rows, columns / 2]),
                        "\(module).\(scale)": try Tensor(
                            [UInt8](repeating: 126, count: rows * columns / 32), scaleType,
                            [rows, columns / 32]),
                    ]
                }
            ).down.elements
        }
        let wanted = (0..<64).flatMap { Self.row(codes, $0, scale: 126) }
        #expect(try store("weight_packed", "weight_scale", .u8, .u8) == wanted)
        #expect(try store("weight", "scale", .i8, .f8e8m0) == wanted)
        #expect(try store("weight", "weight_scale", .u8, .u8) == wanted)
    }

    @Test(
        "scales that are NaN or of another shape, blocks of another shape, a width that is no multiple"
    )
    func broken() throws {
        func loading(width: Int = 32, _ change: (inout [String: Tensor]) throws -> Void) -> String {
            message {
                var tensors = try Self.tensors()
                try change(&tensors)
                _ = try checkpoint(Self.config(width: width), tensors).layer(0, experts: .int8)
            }
        }
        let scales = Self.prefix + "down_proj_scales"
        #expect(
            loading {
                var codes = [UInt8](repeating: 127, count: 64)
                codes[35] = 255
                $0[scales] = try Tensor(codes, .u8, [2, 32, 1])
            }
                == "model.safetensors: \(scales): scale 3 is nan, wanted finite scales that are not "
                + "negative")
        #expect(
            loading { $0[scales] = try Tensor(Self.codes(128), .u8, [2, 32, 2]) }
                == "model.safetensors: \(scales): shape [2, 32, 2], wanted [32, 1] for an expert's "
                + "weight of [32, 32]")
        #expect(
            loading {
                $0[Self.prefix + "down_proj_blocks"] = try Tensor(
                    Self.codes(512), .u8, [2, 16, 1, 16])
            }
                == "model.safetensors: \(Self.prefix)down_proj_blocks: shape [2, 16, 1, 16], wanted "
                + "[2, 32, 1, 16] by the configuration")
        #expect(
            loading { $0[scales] = nil }.hasPrefix(
                "model.safetensors: \(Self.prefix)down_proj_blocks: no scales, wanted MXFP4's, "))
        #expect(
            loading(width: 24) { _ in }.hasPrefix(
                "model.safetensors: \(Self.prefix)gate_up_proj_scales: shape [2, 64, 1], wanted"))
        let config = replacing(
            "\"hidden_size\": 32", with: "\"hidden_size\": 16", in: Self.config())
        #expect(
            message {
                var tensors = try Self.tensors()
                tensors["model.layers.0.mlp.router.weight"] = try .floats(
                    [Float](repeating: 1, count: 32), [2, 16])
                _ = try checkpoint(config, tensors).layer(0, experts: .int8)
            }
                == "model.safetensors: \(Self.prefix)gate_up_proj_blocks: 16 columns, wanted a "
                + "multiple of 32")
    }
}
