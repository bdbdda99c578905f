import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// int8 weights whose companions are not what they must be.
@Suite("Broken int8 weights")
struct Int8WeightErrorTests {
    let expert = OneExpert(
        hidden: 6, width: 4, quantization: #"{"quant_method": "w8a8_int8"}"#)
    static let scale = OneExpert.down + ".weight_scale"

    func loading(_ change: (inout [String: Tensor]) throws -> Void) throws -> String {
        var tensors = try expert.tensors(
            Int8WeightTests.stored { rows, _ in
                try .floats(Int8WeightTests.scales(rows), [rows, 1])
            })
        try change(&tensors)
        return expert.message(tensors)
    }

    @Test("the tensors that the other tests break are sound")
    func sound() throws {
        #expect(try loading { _ in } == "no error")
    }

    @Test("int8 without a scale is refused, whatever the configuration says")
    func noScale() throws {
        #expect(
            try loading { $0[Self.scale] = nil }
                == "model.safetensors: \(OneExpert.down).weight: type int8 without scales, wanted "
                + "mlp.experts.0.down_proj.weight_scale, mlp.experts.0.down_proj.weight_scale_inv, "
                + "mlp.experts.0.down_proj.scale or mlp.experts.0.down_proj.qscale_weight beside it"
        )
    }

    @Test(
        "a scale of another shape is refused",
        arguments: [[1, 6], [4, 1], [5], [6, 3], [6, 1, 1], [0], [6, 0]])
    func shapes(shape: [Int]) throws {
        let scales = [Float](repeating: 1, count: shape.reduce(1, *))
        #expect(
            try loading { $0[Self.scale] = try .floats(scales, shape) }
                == "model.safetensors: \(Self.scale): shape \(shape), wanted [1], [6], [6, 1] or "
                + "[1, 1] for a weight of [6, 4]")
    }

    @Test("a scale that is NaN, infinite or negative is refused")
    func values() throws {
        for (value, text) in [(Float.nan, "nan"), (.infinity, "inf"), (-1, "-1.0")] {
            #expect(
                try loading {
                    $0[Self.scale] = try .floats([1, 1, value, 1, 1, 1], [6, 1])
                }
                    == "model.safetensors: \(Self.scale): scale 2 is \(text), wanted finite scales "
                    + "that are not negative")
        }
    }

    @Test("scales are no doubles and no integers", arguments: [ElementType.f64, .i32, .i8])
    func types(type: ElementType) throws {
        let bytes = [UInt8](repeating: 0, count: 6 * type.bitWidth / 8)
        #expect(
            try loading { $0[Self.scale] = try Tensor(bytes, type, [6]) }
                == "model.safetensors: \(Self.scale): type \(type.rawValue), wanted F32, F16, BF16, "
                + "F8_E8M0 or U8")
    }

    @Test("an offset that is not 0 is refused with its tensor")
    func offset() throws {
        let name = OneExpert.down + ".weight_offset"
        #expect(
            try loading { $0[name] = try .floats([0, 0, 0, 0, 2, 0], [6, 1]) }
                == "model.safetensors: \(name): offset 4 is 2.0, wanted 0: asymmetric weights are "
                + "not supported")
        #expect(
            try loading { $0[name] = try .floats([0, 0], [2, 1]) }
                == "model.safetensors: \(name): shape [2, 1], wanted that of \(Self.scale), [6, 1]")
    }

    @Test("a weight of another shape is refused")
    func weightShape() throws {
        #expect(
            try loading {
                $0[OneExpert.down + ".weight"] = try Tensor(
                    Int8WeightTests.integers(18), shape: [6, 3])
            }
                == "model.safetensors: \(OneExpert.down).weight: shape [6, 3], wanted [6, 4] by the "
                + "configuration")
    }

    @Test("two scales are refused, and a companion that nothing reads")
    func unread() throws {
        #expect(
            try loading { $0[Self.scale + "_inv"] = try .floats([1], [1]) }
                == "\(Self.scale) and \(Self.scale)_inv are both there, wanted one of them")
        let name = OneExpert.down + ".weight_g_idx"
        #expect(
            try loading { $0[name] = try .floats([1], [1]) }
                == "\(name): unexpected tensor, which no part of a qwen3_moe block with this "
                + "configuration reads")
    }

    @Test("experts of a layer, and projections of an expert, have one format")
    func mixed() throws {
        let gate = OneExpert.block + "gate_proj.weight"
        #expect(
            try loading {
                $0[OneExpert.down + ".weight"] = try .floats(
                    [Float](repeating: 1, count: 24), [6, 4])
                $0[Self.scale] = nil
            }
                == "model.safetensors: \(gate) is int8 and \(OneExpert.down).weight is float, "
                + "wanted one format for the experts of layer 0")
        let name = "model.layers.0.mlp.experts.7.down_proj.qweight"
        #expect(
            try loading { $0[name] = try Tensor([1, 2, 3, 4] as [Int8], shape: [4]) }
                .hasSuffix("are both there, wanted one format for the experts of layer 0"))
    }
}
