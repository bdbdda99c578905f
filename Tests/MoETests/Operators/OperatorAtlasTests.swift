import MoE
import Testing

@Suite("What Atlas refuses")
struct OperatorAtlasTests {
    static func options(
        _ mode: String = "dynamic", swigluMode: Int = 0, left: Bool = true
    ) -> DequantSwiGLUQuantOptions {
        .init(quantMode: mode, activateLeft: left, swigluMode: swigluMode, atlas: true)
    }

    /// int32 rows `[3, 128]` that Atlas takes, and whatever else.
    static func call(_ others: [String: Tensor] = [:]) throws -> [String: Tensor] {
        try [
            "x": tensor(.i32, [3, 128]), "weight_scale": ones([128]), "activation_scale": ones([3]),
        ].merging(others) { _, new in new }
    }

    static func grouped(_ others: [String: Tensor] = [:]) throws -> [String: Tensor] {
        try call(["group_index": counts([1, 2]), "weight_scale": ones([2, 128])])
            .merging(others) { _, new in new }
    }

    static func refusedCalls() throws -> [BrokenCall] {
        let wide = 2 * 10560
        let factors = try ["quant_scale": ones([64]), "quant_offset": ones([64])]
        return try [
            .init(
                "A1", ["atlas:", "activation_scale"],
                ["x": tensor(.i32, [3, 128]), "weight_scale": ones([128])], options()),
            .init("A2", ["atlas:", "quant_scale", "quant_offset"], call(), options("static")),
            .init(
                "A2", ["atlas:", "quant_offset"], call(["quant_scale": ones([64])]),
                options("static")),
            .init(
                "A3", ["atlas:", "F32"],
                call([
                    "quant_scale": tensor(.bf16, [64], filledWith: 0x3F),
                    "quant_offset": ones([64]),
                ]), options("static")),
            .init(
                "A3", ["atlas:", "F32"],
                call(["quant_scale": ones([64]), "quant_offset": tensor(.f16, [64])]),
                options("static")),
            .init(
                "A4", ["atlas:", "swiglu_mode 2", "group_index"], call(), options(swigluMode: 2)),
            .init(
                "A5", ["atlas:", "quant_scale", "F16"], call(["quant_scale": tensor(.f16, [64])]),
                options()),
            .init(
                "A6", ["atlas:", "group_index", "[1, 2]"],
                grouped(["group_index": pairs([[1, 2]])]), options()),
            .init("A7", ["atlas:", "bias"], grouped(["bias": ones([2, 128])]), options()),
            .init(
                "A8", ["atlas:", "static"],
                call(factors.merging(["group_index": counts([3])]) { $1 }), options("static")),
            .init(
                "A9", ["atlas:", "65", "64", "10496"],
                ["x": tensor(.bf16, [3, 130]), "group_index": counts([3])], options()),
            .init(
                "A9", ["atlas:", "10560", "10496"],
                ["x": tensor(.bf16, [1, wide]), "group_index": counts([1])], options()),
            .init(
                "A10", ["atlas:", "F16"],
                ["x": tensor(.f16, [3, 128]), "group_index": counts([3])], options()),
            .init(
                "A11", ["atlas:", "activate_left"], grouped(), options(swigluMode: 1, left: false)),
            .init(
                "A12", ["atlas:", "quant_scale", "[2, 1]", "[2, 64]"],
                grouped(["quant_scale": ones([2, 1])]), options()),
            .init(
                "A12", ["atlas:", "quant_scale", "[2]"], grouped(["quant_scale": ones([2])]),
                options()),
        ]
    }

    @Test("is refused with its reason", arguments: try refusedCalls())
    func refused(broken: BrokenCall) {
        broken.check()
        // Ours computes it.
        var options = broken.options
        options.atlas = false
        #expect(rejection(broken.tensors, options) == nil)
    }

    @Test("does not include what it computes")
    func taken() throws {
        #expect(rejection(try Self.call(), Self.options()) == nil)
        #expect(rejection(try Self.grouped(["quant_scale": ones([2, 64])]), Self.options()) == nil)
        let one = try counts([3])
        #expect(
            rejection(
                try Self.call(["quant_scale": ones([64]), "group_index": one]), Self.options())
                == nil)
        #expect(rejection(try Self.grouped(), Self.options(swigluMode: 2, left: false)) == nil)
    }

    @Test("comes after every other check, in its own order")
    func order() throws {
        let bothWrong = try Self.call(["activation_scale": ones([4])])
        #expect(rejection(bothWrong, Self.options(swigluMode: 1))?.code == .operatorE(16))
        let several = try [
            "x": tensor(.f16, [3, 130]), "group_index": pairs([[0, 3]]),
            "quant_scale": ones([1, 1]),
        ]
        #expect(
            rejection(several, Self.options("static", swigluMode: 1, left: false))?.code
                == .operatorA(2))
        #expect(rejection(several, Self.options(swigluMode: 1, left: false))?.code == .operatorA(6))
    }
}
