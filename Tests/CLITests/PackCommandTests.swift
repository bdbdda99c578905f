import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

@Suite("moe-cli pack")
struct PackCommandTests {
    let scratch: Scratch
    let model: String
    var packed: String { scratch.file("packed") }

    init() throws {
        scratch = try Scratch()
        model = try #require(GoldenBlock.all.first { $0.name == "qwen2_moe" }).directory
    }

    @Test("writes a file that check finds whole and forward computes with, bit for bit")
    func result() throws {
        let outcome = try Tool.run("pack", model, packed, "--threads", "2")
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
        #expect(outcome.output.hasPrefix("\(packed): "))
        #expect(outcome.output.contains(" of qwen2_moe, "))
        #expect(outcome.output.hasSuffix(", packed for \(GemmKernel.chosen.name)\n"))
        #expect(scratch.contents == ["packed"])

        let check = try Tool.run("check", packed, "--model", model)
        #expect(check.status == 0 && check.output.hasSuffix(": whole\n"))

        let hidden = try Tensor([Float](repeating: 0.5, count: 64), shape: [2, 32])
        let input = try scratch.write("input", [("hidden_states", hidden)])
        let (first, second) = (scratch.file("a"), scratch.file("b"))
        let rest = ["--layer", "1", "--input", input]
        let unpacked = try Tool.run(["forward", "--model", model, "--output", first] + rest)
        #expect(unpacked.status == 0, "\(unpacked.error)")
        for more: [String] in [[], ["--verify"], ["--model", model]] {
            let outcome = try Tool.run(
                ["forward", "--packed", packed, "--output", second] + rest + more)
            #expect(outcome.status == 0, "\(outcome.error)")
            let found = try Data(contentsOf: URL(fileURLWithPath: second))
            #expect(try Data(contentsOf: URL(fileURLWithPath: first)) == found)
        }
    }

    @Test("refuses by name what was packed for another instruction set or from another model")
    func refusals() throws {
        _ = try Tool.run("pack", model, packed)
        let other = try #require(GoldenBlock.all.first { $0.name == "qwen3_moe" }).directory
        let check = try Tool.run("check", packed, "--model", other)
        #expect(check.status == 1 && check.error.contains("not packed from \(other) as it is"))

        let text = try Tool.output(
            of: "/bin/bash", ["-c", "MOE_ISA=scalar '\(tool)' check '\(packed)' 2>&1; echo $?"])
        let isScalar = GemmKernel.chosen.name == "scalar"
        #expect(text.hasSuffix(isScalar ? ": whole\n0\n" : "pack the model again\n1\n"), "\(text)")
    }

    @Test("takes a GGUF file")
    func gguf() throws {
        let outcome = try Tool.run("pack", model + "/../../Formats/qwen2moe.gguf", packed)
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.output.contains(" of qwen2_moe, "))
    }

    @Test(
        "leaves nothing when it cannot be finished",
        arguments: ["ulimit -f 8", "trap '' XFSZ; ulimit -f 8"])
    func limits(limit: String) throws {
        let command = "\(limit); '\(tool)' pack '\(model)' '\(packed)' 2>&1; echo $?"
        let text = try Tool.output(of: "/bin/bash", ["-c", command])
        #expect(text == "Error: \(packed): cannot be written: File too large\n1\n")
        #expect(scratch.contents.isEmpty)
    }

    @Test("exits with 64 where the command line alone is wrong")
    func usage() throws {
        #expect(try Tool.run("pack", model).status == 64)
        #expect(try Tool.run("pack", model, packed, "--threads", "0").status == 64)
        #expect(try Tool.run("check", packed, "--threads", "-1").status == 64)
        #expect(scratch.contents.isEmpty)
    }

    private var tool: String {
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("moe-cli").path
    }
}
