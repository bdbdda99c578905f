import MoE
import Testing

@Suite("The operator's options")
struct OperatorOptionTests {
    typealias Options = DequantSwiGLUQuantOptions

    static let broken: [(options: Options, code: String, words: [String])] = [
        (.init(quantMode: "dynamic", swigluMode: 4), "E02", ["swiglu_mode:", "4", "0, 1, 2 or 3"]),
        (.init(quantMode: "dynamic", swigluMode: -1), "E02", ["swiglu_mode:", "-1"]),
        (.init(quantMode: "fixed"), "E02", ["quant_mode:", "fixed", "static or dynamic"]),
        (.init(quantMode: "static", clampLimit: 0), "E03", ["clamp_limit:", "0.0"]),
        (.init(quantMode: "static", clampLimit: -7), "E03", ["clamp_limit:", "-7.0"]),
        (.init(quantMode: "static", clampLimit: 1e-60), "E03", ["clamp_limit:", "1e-60"]),
        (.init(quantMode: "static", clampLimit: 1e60), "E03", ["clamp_limit:", "1e+60"]),
        (.init(quantMode: "static", clampLimit: .nan), "E03", ["clamp_limit:", "nan"]),
        (.init(quantMode: "dynamic", gluAlpha: .infinity), "E03", ["glu_alpha:", "inf"]),
        (.init(quantMode: "dynamic", gluBias: 1e39), "E03", ["glu_bias:", "1e+39"]),
    ]

    @Test("are refused on their own, before any tensor is looked at", arguments: broken.indices)
    func refused(index: Int) {
        let (options, code, words) = Self.broken[index]
        do throws(MoEError) {
            try options.validate()
            Issue.record("accepted")
        } catch {
            #expect(error.code.rawValue == code)
            for word in words { #expect(error.message.contains(word), "\(error.message)") }
            #expect(error.message.hasPrefix(words[0]))
        }
        #expect(rejection([:], options)?.code.rawValue == code)
    }

    @Test("have the operator's defaults")
    func defaults() throws {
        let options = Options(quantMode: "static", swigluMode: 1)
        try options.validate()
        let call = try DequantSwiGLUQuant(
            tensors: ["x": tensor(.bf16, [1, 4])], options: options)
        #expect(call.activation == .interleavedClamped(ClampedSwiGLU()))
        #expect(call.gate == .right)
        #expect(!call.atlas)
    }
}
