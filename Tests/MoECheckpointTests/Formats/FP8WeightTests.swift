import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// FP8 weights: blocks of any edge, channels, whole tensors, stacked experts.
@Suite("FP8 weights")
struct FP8WeightTests {
    /// Codes of E4M3 without NaN: 1 to 7, then ever greater ones.
    static func codes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 * 29 % 127) } }

    static func stored(
        _ name: String = "weight_scale_inv", type: ElementType = .f8e4m3,
        by scale: @escaping (Int, Int) throws -> Tensor
    ) -> (String, Int, Int) throws -> [String: Tensor] {
        { module, rows, columns in
            [
                "\(module).weight": try Tensor(codes(rows * columns), type, [rows, columns]),
                "\(module).\(name)": try scale(rows, columns),
            ]
        }
    }

    /// A code times the scale of its block, which counts up from `first` along a grid.
    static func weights(
        _ codes: some Sequence<UInt8>, columns: Int, block: (Int, Int), gridColumns: Int,
        first: Int = 1
    ) -> [Float] {
        codes.enumerated().map { place, code in
            let (row, column) = (place / columns, place % columns)
            let scale = first + row / block.0 * gridColumns + column / block.1
            return SmallFloat.e4m3.value(code) * Float(scale)
        }
    }

    /// Block scales 1, 2, 3, … of a grid, which blocks of `edge` make.
    static func grid(_ edge: Int, as type: ElementType = .f32) -> (Int, Int) throws -> Tensor {
        { rows, columns in
            let shape = [(rows + edge - 1) / edge, (columns + edge - 1) / edge]
            return try .floats((0..<shape[0] * shape[1]).map { Float($0 + 1) }, shape, as: type)
        }
    }

    @Test(
        "partial blocks at both edges have scales of their own",
        arguments: [ElementType.f32, .bf16], [2, 3, 4, 5, 6, 7])
    func partialBlocks(type: ElementType, edge: Int) throws {
        let expert = OneExpert(
            hidden: 7, width: 5,
            quantization: #"{"quant_method": "fp8", "weight_block_size": [\#(edge), \#(edge)]}"#)
        let tensors = try expert.tensors(Self.stored(by: Self.grid(edge, as: type)))
        let floats = try expert.floats(tensors)
        let codes = Self.codes(35)
        let gridColumns = (5 + edge - 1) / edge
        let wantedFloats = Self.weights(
            codes, columns: 5, block: (edge, edge), gridColumns: gridColumns)
        #expect(floats.down.elements == wantedFloats)
        let (int8, report) = try expert.int8(tensors)
        let wanted = requantized(floats.down)
        #expect(int8.down.values.elements == wanted.values && int8.down.scale == wanted.scale)
        #expect(report.losses.map(\.format) == ["FP8", "FP8"])
    }

    @Test("a block size that nobody gives is 128, which both dimensions may cross")
    func defaultBlocks() throws {
        let expert = OneExpert(
            hidden: 130, width: 257, quantization: #"{"quant_method": "fp8"}"#)
        let floats = try expert.floats(expert.tensors(Self.stored(by: Self.grid(128))))
        // down is [130, 257]: a grid of [2, 3].
        for (row, column, scale) in [
            (0, 0, 1), (127, 127, 1), (127, 128, 2), (0, 256, 3),
            (128, 0, 4), (129, 255, 5), (129, 256, 6),
        ] as [(Int, Int, Float)] {
            let code = Self.codes(130 * 257)[row * 257 + column]
            #expect(floats.down[row, column] == SmallFloat.e4m3.value(code) * scale)
        }
    }

    @Test("compressed-tensors' channels, whole tensors and blocks, under either name of the scale")
    func otherGrids() throws {
        var expert = OneExpert(
            hidden: 4, width: 4,
            quantization: """
                {"quant_method": "compressed-tensors", "format": "float-quantized",
                 "config_groups": {"g": {"weights": {"strategy": "block", "block_structure": "2x2"}}}}
                """)
        func down(_ scale: [Float], _ shape: [Int]) throws -> [Float] {
            try expert.floats(
                expert.tensors(Self.stored("weight_scale") { _, _ in try .floats(scale, shape) })
            ).down.elements
        }
        let values = Self.codes(16).map(SmallFloat.e4m3.value)
        #expect(try down([2], []) == values.map { $0 * 2 })
        let codes = Self.codes(16)
        let channels = Self.weights(codes, columns: 4, block: (1, 4), gridColumns: 1)
        #expect(try down([1, 2, 3, 4], [4, 1]) == channels)
        #expect(try down([1, 2, 3, 4], [4]) == channels)
        let blocked = Self.weights(codes, columns: 4, block: (2, 2), gridColumns: 2)
        #expect(try down([1, 2, 3, 4], [2, 2]) == blocked)
        #expect(try down([1, 2, 3, 4], [2, 1, 2, 1]) == blocked)
        expert.quantization = #"{"quant_method": "modelopt", "quant_algo": "FP8"}"#
        #expect(try down([2], [1]) == values.map { $0 * 2 })
    }

    @Test(
        "scales that are powers of two, by type or as bytes", arguments: [ElementType.u8, .f8e8m0])
    func powersOfTwo(type: ElementType) throws {
        let expert = OneExpert(quantization: #"{"quant_method": "fp8", "scale_fmt": "ue8m0"}"#)
        func down(_ code: UInt8) throws -> [Float] {
            try expert.floats(
                expert.tensors(Self.stored("scale") { _, _ in try Tensor([code], type, [1, 1]) })
            ).down.elements
        }
        let values = Self.codes(16).map(SmallFloat.e4m3.value)
        #expect(try down(124) == values.map { $0 / 8 })
        #expect(try down(0) == values.map { $0 * 0x1p-127 })
        #expect(throws: CheckpointError.self) { try down(255) }
    }

    @Test("experts in one tensor have their scales in one")
    func stacked() throws {
        let config = replacing(
            "\"norm_topk_prob\": true",
            with: "\"norm_topk_prob\": true, \"quantization_config\": "
                + "{\"quant_method\": \"fp8\", \"weight_block_size\": [2, 2]}",
            in: TinyConfiguration.qwen3MoE)
        let prefix = "model.layers.1.mlp.experts."
        let codes = (Self.codes(96), Self.codes(48))
        let tensors = try merged([
            TinyModel().router(),
            [
                prefix + "gate_up_proj": Tensor(codes.0, .f8e4m3, [4, 6, 4]),
                prefix + "gate_up_proj_scale_inv": .floats((0..<24).map(Float.init), [4, 3, 2]),
                prefix + "down_proj": Tensor(codes.1, .f8e4m3, [4, 4, 3]),
                prefix + "down_proj_scale_inv": .floats((0..<16).map(Float.init), [4, 2, 2]),
            ],
        ])
        let layer = try checkpoint(config, tensors).layer(1, experts: .float)
        guard case .float(let experts) = layer.experts else { return #expect(Bool(false)) }
        for expert in 0..<4 {
            let gateUp = Self.weights(
                codes.0[expert * 24..<expert * 24 + 24], columns: 4, block: (2, 2), gridColumns: 2,
                first: expert * 6)
            let down = Self.weights(
                codes.1[expert * 12..<expert * 12 + 12], columns: 3, block: (2, 2), gridColumns: 2,
                first: expert * 4)
            #expect(experts[expert].gateUp.elements == gateUp)
            #expect(experts[expert].down.elements == down)
        }
        var broken = tensors
        broken[prefix + "down_proj_scale_inv"] = try .floats([1, 2, 3], [3, 1, 1])
        #expect(
            message { _ = try checkpoint(config, broken).layer(1, experts: .int8) }
                == "model.safetensors: \(prefix)down_proj_scale_inv: shape [3, 1, 1], wanted 4 "
                + "experts in its first dimension")
    }

    @Test("NaN and infinity among the codes are refused with tensor and row")
    func notFinite() throws {
        let expert = OneExpert(quantization: #"{"quant_method": "fp8"}"#)
        for (type, code) in [
            (ElementType.f8e4m3, 0x7F), (.f8e4m3, 0xFF), (.f8e5m2, 0x7C), (.f8e5m2, 0xFD),
            (.f8e4m3fnuz, 0x80), (.f8e5m2fnuz, 0x80),
        ] as [(ElementType, UInt8)] {
            var tensors = try expert.tensors(
                Self.stored(type: type) { _, _ in try .floats([1], [1]) })
            var codes = [UInt8](repeating: 1, count: 16)
            codes[9] = code
            tensors[OneExpert.down + ".weight"] = try Tensor(codes, type, [4, 4])
            #expect(
                expert.message(tensors)
                    == "model.safetensors: \(OneExpert.down).weight: row 2 holds NaN or infinity, "
                    + "wanted finite weights")
        }
    }

    @Test("FP8 without a scale, or with one of no grid, is refused")
    func broken() throws {
        let expert = OneExpert(quantization: #"{"quant_method": "fp8"}"#)
        var tensors = try expert.tensors(Self.stored { _, _ in try .floats([1], [1]) })
        let scale = OneExpert.down + ".weight_scale_inv"
        tensors[scale] = try .floats([1, 2, 3], [3, 1])
        #expect(
            expert.message(tensors)
                == "model.safetensors: \(scale): shape [3, 1], wanted [1], [4], [4, 1] or [1, 1] "
                + "for a weight of [4, 4]")
        tensors[scale] = nil
        #expect(expert.message(tensors).contains(".weight: type F8_E4M3 without scales, wanted "))
    }
}
