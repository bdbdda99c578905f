import MoE
import Testing

/// A call that breaks one rule, or several of which one comes first.
struct BrokenCall: Sendable, CustomStringConvertible {
    let code: String
    /// What the message must contain.
    let words: [String]
    let tensors: [String: Tensor]
    var options = DequantSwiGLUQuantOptions(quantMode: "dynamic")

    var description: String { "\(code) \(words)" }

    init(
        _ code: String, _ words: [String], _ tensors: [String: Tensor],
        _ options: DequantSwiGLUQuantOptions = .init(quantMode: "dynamic")
    ) {
        self.code = code
        self.words = words
        self.tensors = tensors
        self.options = options
    }

    func check() {
        let error = rejection(tensors, options)
        #expect(error?.code.rawValue == code, "\(error?.message ?? "accepted")")
        let message = error?.message ?? ""
        for word in words { #expect(message.contains(word), "\(message)") }
        #expect(!message.contains("\n"))
        if let first = words.first { #expect(message.hasPrefix(first), "\(message)") }
    }
}

/// Calls that break one rule of the operator's table each.
enum BrokenCalls {
    /// int32 rows `[3, 8]` with their weight scale, and whatever else.
    static func call(_ others: [String: Tensor] = [:]) throws -> [String: Tensor] {
        try ["x": tensor(.i32, [3, 8]), "weight_scale": ones([8])]
            .merging(others) { _, new in new }
    }

    static func grouped(_ others: [String: Tensor] = [:]) throws -> [String: Tensor] {
        try call([
            "weight_scale": ones([2, 8]), "group_index": counts([1, 2]),
        ]).merging(others) { _, new in new }
    }

    static let fixed = DequantSwiGLUQuantOptions(quantMode: "static")

    static func tensorsAndInput() throws -> [BrokenCall] {
        try [
            .init("E01", ["scale:", "unknown tensor"], call(["scale": ones([1])])),
            .init("E04", ["x: missing"], [:]),
            .init("E05", ["x:", "F32", "I32, F16 or BF16"], ["x": ones([3, 8])]),
            .init("E06", ["x:", "[24]", "[TokensNum, 2H]"], ["x": tensor(.i32, [24])]),
            .init("E06", ["x:", "[3, 2, 4]"], ["x": tensor(.f16, [3, 2, 4])]),
            .init(
                "E07", ["x: last dimension", "7", "even and positive"], ["x": tensor(.i32, [3, 7])]),
            .init("E07", ["x: last dimension", "0"], ["x": tensor(.bf16, [3, 0])]),
            .init("E12", ["weight_scale: required when x is I32"], ["x": tensor(.i32, [3, 8])]),
            .init(
                "E13", ["weight_scale:", "only allowed when x is I32"],
                call(["x": tensor(.f16, [3, 8])])),
            .init(
                "E13", ["activation_scale:", "only allowed when x is I32"],
                ["x": tensor(.bf16, [3, 8]), "activation_scale": ones([3])]),
            .init(
                "E13", ["bias:", "only allowed when x is I32"],
                ["x": tensor(.bf16, [3, 8]), "bias": ones([8])]),
            .init(
                "E14", ["weight_scale:", "F16", "F32"],
                call(["weight_scale": tensor(.f16, [8])])),
            .init(
                "E14", ["bias:", "I64", "I32, F32, F16, BF16"], call(["bias": tensor(.i64, [8])])),
            .init(
                "E14", ["quant_scale:", "I32", "F32, F16, BF16"],
                call(["quant_scale": tensor(.i32, [1])])),
            .init(
                "E14", ["quant_offset:", "F64", "F32, F16, BF16"],
                call(["quant_offset": tensor(.f64, [1])])),
            .init(
                "E14", ["activation_scale:", "BF16", "F32"],
                call(["activation_scale": tensor(.bf16, [3])])),
        ]
    }

    static func groups() throws -> [BrokenCall] {
        try [
            .init(
                "E08", ["group_index:", "I32", "I64"], grouped(["group_index": tensor(.i32, [2])])),
            .init("E09", ["group_index:", "[0]"], grouped(["group_index": counts([])])),
            .init(
                "E09", ["group_index:", "[2, 3]"], grouped(["group_index": tensor(.i64, [2, 3])])),
            .init(
                "E09", ["group_index:", "[0, 2]"], grouped(["group_index": tensor(.i64, [0, 2])])),
            .init("E09", ["group_index:", "[]"], grouped(["group_index": tensor(.i64, [])])),
            .init(
                "E10", ["group_index[1]", "-1", "negative"],
                grouped(["group_index": counts([1, -1])])),
            .init(
                "E10", ["group_index[1]", "-9", "negative"],
                grouped(["group_index": pairs([[-5, 1], [0, -9]])])),
            .init(
                "E11", ["group_index: sum", "TokensNum 3"],
                grouped(["group_index": counts([1, 3])])),
            .init(
                "E11", ["group_index: sum", "TokensNum 3"],
                grouped(["group_index": counts([.max, .max])])),
            .init(
                "E11", ["group_index: sum"], grouped(["group_index": pairs([[-5, 1], [0, 9]])])),
            .init(
                "E17", ["group_index[0]", "2", "W = 2"],
                grouped(["group_index": pairs([[2, 1], [0, 2]])])),
            .init(
                "E17", ["group_index[1]", "-1", "W = 2"],
                grouped(["group_index": pairs([[7, 0], [-1, 2]])])),
            .init(
                "E17", ["group_index[0]", "-3", "W"],
                ["x": tensor(.bf16, [3, 8]), "group_index": pairs([[-3, 1]])]),
        ]
    }

    static func shapes() throws -> [BrokenCall] {
        let pair = try pairs([[1, 1]])
        return try [
            .init(
                "E15", ["weight_scale:", "[7]", "[8] or [1, 8]"], call(["weight_scale": ones([7])])),
            .init("E15", ["weight_scale:", "[2, 8]"], call(["weight_scale": ones([2, 8])])),
            .init("E15", ["weight_scale:", "[8]", "[2, 8]"], grouped(["weight_scale": ones([8])])),
            .init("E15", ["weight_scale:", "[]"], call(["weight_scale": ones([])])),
            .init("E15", ["bias:", "[4]", "[8] or [1, 8]"], call(["bias": ones([4])])),
            .init("E15", ["bias:", "[1, 8]", "[2, 8]"], grouped(["bias": ones([1, 8])])),
            .init(
                "E15", ["quant_scale:", "[3]", "[4] or [1] or [1, 4] or [1, 1]"],
                call(["quant_scale": ones([3])])),
            .init("E15", ["quant_scale:", "[4]", "[2]"], grouped(["quant_scale": ones([4])])),
            .init("E15", ["quant_scale:", "[1, 4]"], grouped(["quant_scale": ones([1, 4])])),
            .init(
                "E15", ["quant_offset:", "[5]"],
                call(["quant_scale": ones([1]), "quant_offset": ones([5])]), fixed),
            .init(
                "E15", ["weight_scale:", "[8]"],
                grouped(["group_index": pair, "weight_scale": ones([8])])),
            .init(
                "E15", ["weight_scale:", "[0, 8]"],
                grouped(["group_index": pair, "weight_scale": ones([0, 8])])),
            .init(
                "E15", ["bias:", "[3, 8]", "[2, 8]"],
                grouped(["group_index": pair, "bias": ones([3, 8])])),
            .init(
                "E15", ["quant_scale:", "[2]", "[2, 4] or [2, 1]"],
                grouped(["group_index": pair, "quant_scale": ones([2])])),
            .init("E16", ["activation_scale:", "[2]", "3"], call(["activation_scale": ones([2])])),
            .init(
                "E16", ["activation_scale:", "[1, 3]", "3"],
                call(["activation_scale": ones([1, 3])])),
            .init("E18", ["quant_offset: only in static mode"], call(["quant_offset": ones([1])])),
            .init(
                "E19", ["quant_offset: needs quant_scale"], call(["quant_offset": ones([1])]), fixed
            ),
            .init(
                "E20", ["quant_offset:", "[1]", "[4]"],
                call(["quant_scale": ones([4]), "quant_offset": ones([1])]), fixed),
        ]
    }

    static func divisors() throws -> [BrokenCall] {
        func scale(_ elements: [Float], _ shape: [Int]) throws -> [String: Tensor] {
            try call(["quant_scale": Tensor(elements, shape: shape)])
        }
        return try [
            .init("E21", ["quant_scale[2]", "0.0"], scale([1, 1, 0, 1], [4]), fixed),
            .init(
                "E21", ["quant_scale[0, 3]", "inf"], scale([1, 1, 1, -.infinity], [1, 4]), fixed),
            .init("E21", ["quant_scale[0]", "nan"], scale([.nan], [1]), fixed),
            .init(
                "E21", ["quant_scale[0, 0]", "0.0"],
                call(["quant_scale": tensor(.f16, [1, 1])]), fixed),
        ]
    }
}
