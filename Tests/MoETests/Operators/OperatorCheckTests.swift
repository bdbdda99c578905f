import MoE
import Testing

@Suite("The operator's checks of a call")
struct OperatorCheckTests {
    @Test("Names, types and presence", arguments: try BrokenCalls.tensorsAndInput())
    func tensorsAndInput(broken: BrokenCall) { broken.check() }

    @Test("Groups", arguments: try BrokenCalls.groups())
    func groups(broken: BrokenCall) { broken.check() }

    @Test("Shapes and the offset", arguments: try BrokenCalls.shapes())
    func shapes(broken: BrokenCall) { broken.check() }

    @Test("Static factors", arguments: try BrokenCalls.divisors())
    func divisors(broken: BrokenCall) { broken.check() }

    @Test("The first broken rule of the table is the one that is reported")
    func order() throws {
        // Everything is wrong at once; each step mends what the last one reported.
        var tensors = try [
            "y": ones([1]), "weight_scale": tensor(.f16, [7]), "bias": ones([9]),
            "quant_offset": ones([4]), "group_index": pairs([[-1, 2], [5, 3]]),
            "activation_scale": ones([5]),
        ]
        var options = DequantSwiGLUQuantOptions(
            quantMode: "both", swigluMode: 4, clampLimit: 0, atlas: true)
        var codes: [String] = []
        func note() { codes.append(rejection(tensors, options)?.code.rawValue ?? "none") }

        note()
        tensors["y"] = nil
        note()
        (options.quantMode, options.swigluMode) = ("dynamic", 1)
        note()
        options.clampLimit = 7
        note()
        tensors["x"] = try tensor(.bf16, [3, 8])
        note()
        tensors["group_index"] = try pairs([[-1, 2], [5, 1]])
        note()
        tensors["x"] = try tensor(.i32, [3, 8])
        note()
        tensors["weight_scale"] = try ones([2, 8])
        note()
        tensors["bias"] = nil
        tensors["quant_offset"] = try ones([2, 4])
        note()
        tensors["activation_scale"] = try ones([3])
        note()
        tensors["group_index"] = try pairs([[1, 2], [0, 1]])
        note()
        options.quantMode = "static"
        note()
        tensors["quant_scale"] = try ones([2, 1])
        note()
        tensors["quant_scale"] = try tensor(.f32, [2, 4])
        note()
        tensors["quant_scale"] = try ones([2, 4])
        note()
        options.atlas = false
        note()

        #expect(
            codes == [
                "E01", "E02", "E03", "E04", "E11", "E13", "E14", "E15", "E16", "E17", "E18", "E19",
                "E20", "E21", "A6", "none",
            ])
    }

    @Test("What is odd but legal is taken")
    func legal() throws {
        let nan = try tensor(.f32, [8], filledWith: 0xFF)
        let calls: [[String: Tensor]] = try [
            BrokenCalls.call(["weight_scale": nan, "activation_scale": ones([3, 1])]),
            BrokenCalls.call(["quant_scale": tensor(.f32, [4])]),
            BrokenCalls.grouped(["group_index": counts([0, 0])]),
            BrokenCalls.grouped(["group_index": pairs([[-9, 0], [1, 3], [99, 0]])]),
            BrokenCalls.grouped(["quant_scale": ones([2])]),
            ["x": tensor(.bf16, [3, 8]), "group_index": pairs([[1 << 40, 2]])],
            ["x": tensor(.f16, [0, 8]), "group_index": counts([0])],
            ["x": tensor(.f16, [0, 1 << 40])],
            ["x": tensor(.f16, [3, 2]), "quant_scale": ones([1])],
            BrokenCalls.call(["group_index": counts([3]), "quant_scale": ones([4])]),
        ]
        for tensors in calls { #expect(rejection(tensors) == nil) }
    }
}
