import MoE
import MoECheckpoint
import Testing

@Suite("moe-cli op")
struct OperatorCommandTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    /// x = [[10, -4, 3, 8], [0, 0, 0, 0]] with scales, as computed by hand.
    private func operatorInput(_ more: [(String, Tensor)] = []) throws -> String {
        try scratch.write(
            "in.safetensors",
            [
                ("x", Tensor([10, -4, 3, 8, 0, 0, 0, 0] as [Int32], shape: [2, 4])),
                ("weight_scale", Tensor([0.0625, 0.25, 0.125, 0.125] as [Float], shape: [4])),
                ("activation_scale", Tensor([0.5, 1] as [Float], shape: [2])),
            ] + more)
    }

    private func dequantSwiGLUQuant(_ input: String, _ more: String...) throws -> Tool.Outcome {
        try Tool.run(
            ["op", "dequant-swiglu-quant", "--input", input, "--output", output] + more)
    }

    private var output: String { scratch.file("out.safetensors") }

    @Test(
        "computes the operator's example by hand",
        arguments: [
            (["--activate-left"], [46, -127], 0.000743191),
            ([], [26, -127], 0.00122531),
            (["--swiglu-mode", "1"], [77, 127], 0.00128248),
            (["--swiglu-mode", "2", "--clamp-limit", "0.25"], [127, 106], 0.00106873),
            (
                ["--swiglu-mode", "3", "--activate-left", "--clamp-limit", "0.25"], [91, -127],
                0.000371595
            ),
            (["--activate-left", "--backend", "reference"], [46, -127], 0.000743191),
        ] as [([String], [Int8], Float)])
    func dynamic(_ options: [String], values: [Int8], scale: Float) throws {
        let outcome = try Tool.run(
            [
                "op", "dequant-swiglu-quant", "--input", operatorInput(), "--output", output,
                "--quant-mode", "dynamic",
            ] + options)

        #expect(outcome.status == 0, "\(outcome.error)")
        let file = try SafetensorsFile(opening: output)
        #expect(try file.tensor("y").elements(as: Int8.self) == values + [0, 0])
        let found = try #require(try file.tensor("scale").elements(as: Float.self))
        #expect(abs(found[0] - scale) < 1e-8 && found[1] == 0)
        #expect(Set(file.names) == ["y", "scale"])
    }

    @Test("takes a negative number as the next argument")
    func negative() throws {
        let outcome = try dequantSwiGLUQuant(
            operatorInput(), "--quant-mode", "dynamic", "--swiglu-mode", "2", "--glu-alpha", "-0.5",
            "--glu-bias", "-1e-1")

        #expect(outcome.status == 0, "\(outcome.error)")
    }

    @Test(
        "exits with 64 for options that no operator has",
        arguments: [
            ["--quant-mode", "fast"], ["--quant-mode", "dynamic", "--swiglu-mode", "4"],
            ["--quant-mode", "dynamic", "--clamp-limit", "0"],
            ["--quant-mode", "dynamic", "--clamp-limit", "1e60"],
            ["--quant-mode", "dynamic", "--clamp-limit", "inf"],
            ["--quant-mode", "dynamic", "--glu-alpha", "nan"],
            ["--quant-mode", "dynamic", "--glu-bias", "0x1p3"], [],
        ])
    func usage(_ options: [String]) throws {
        let outcome = try Tool.run(
            ["op", "dequant-swiglu-quant", "--input", operatorInput(), "--output", output]
                + options)

        #expect(outcome.status == 64)
        #expect(scratch.contents == ["in.safetensors"])
    }

    @Test("refuses tensors that the operator does not know, and operands that disagree")
    func failures() throws {
        let unknown = try dequantSwiGLUQuant(
            operatorInput([("y", Tensor([1] as [Float], shape: [1]))]), "--quant-mode", "dynamic")
        let offset = try dequantSwiGLUQuant(
            operatorInput([("quant_offset", Tensor([1] as [Float], shape: [1]))]),
            "--quant-mode", "dynamic")

        #expect(unknown.status == 1 && unknown.error.contains("unknown tensor"))
        #expect(offset.status == 1 && offset.error.contains("quant_offset: only in static mode"))
        #expect(offset.error.split(separator: "\n").count == 1)
        #expect(scratch.contents == ["in.safetensors"])
    }

    @Test("multiplies groups of int8 rows exactly", arguments: ["auto", "reference"])
    func groupedMatmul(_ backend: String) throws {
        let input = try scratch.write(
            "in.safetensors",
            [
                ("x", Tensor([-128, -128, 1, 2, 3, 4] as [Int8], shape: [3, 2])),
                (
                    "weight",
                    Tensor([-128, -128, 1, 0, 5, 6, 7, 8, 1, 1, 1, 1] as [Int8], shape: [3, 2, 2])
                ),
                ("group_index", Tensor([1, 0, 1] as [Int64], shape: [3])),
            ])

        let outcome = try Tool.run(
            "op", "grouped-matmul", "--input", input, "--output", output, "--backend", backend)

        #expect(outcome.status == 0, "\(outcome.error)")
        let y = try SafetensorsFile(opening: output).tensor("y")
        #expect(y.shape == [3, 2])
        #expect(y.elements(as: Int32.self) == [32768, -128, 3, 3, 0, 0])
    }

    @Test("refuses a group index that is negative or goes past the rows")
    func groups() throws {
        func run(_ counts: [Int64]) throws -> Tool.Outcome {
            let input = try scratch.write(
                "in.safetensors",
                [
                    ("x", Tensor([1, 2] as [Int8], shape: [1, 2])),
                    ("weight", Tensor([1, 2, 3, 4] as [Int8], shape: [2, 1, 2])),
                    ("group_index", Tensor(counts, shape: [counts.count])),
                ])
            return try Tool.run("op", "grouped-matmul", "--input", input, "--output", output)
        }

        for counts: [Int64] in [[-1, 1], [1, 1], [1], [.max, .max]] {
            let outcome = try run(counts)
            #expect(outcome.status == 1 && outcome.error.contains("group_index"))
            #expect(outcome.error.split(separator: "\n").count == 1)
        }
    }
}
