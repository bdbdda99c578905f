import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

@Suite("moe-cli verify")
struct VerifyCommandTests {
    @Test("finds two CPU backends in agreement on a block of any kind", arguments: GoldenBlock.all)
    func agrees(block: GoldenBlock) throws {
        var arguments = [
            "verify", "--backend", "native", "--against", "reference", "--model", block.directory,
            "--layer", "\(GoldenBlock.layer)", "--tokens", "7", "--json",
        ]
        if let part = block.part { arguments += ["--part", part] }
        let outcome = try Tool.run(arguments)

        #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
        let json = try JSONValue(parsing: outcome.output)
        #expect(json["agrees"] == true)
        let checks = try #require(json["checks"]?.arrayValue)
        for stage in ["route", "activate", "down", "combine", "output"] {
            let found = checks.filter { $0["stage"]?.stringValue == stage }
            #expect(!found.isEmpty && found.allSatisfy { $0["ok"] == true }, "\(stage)")
        }
    }

    @Test("prints a table of stages with a verdict below, of random weights with a shared expert")
    func table() throws {
        let outcome = try Tool.run(
            "verify", "--backend", "native", "--against", "reference", "--shape", "64,32,4,2")

        #expect(outcome.status == 0 && outcome.error.isEmpty)
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix("native against reference: random weights, 33 tok") == true)
        #expect(lines.dropFirst(2).dropLast().allSatisfy { $0.hasSuffix(" ok") })
        #expect(lines.contains { $0.hasPrefix("shared down") && $0.contains("error / bound") })
        #expect(lines.last == "all stages agree")
    }

    @Test("names the backend that is not there", arguments: ["--backend", "--against"])
    func absent(option: String) throws {
        let folder = NSTemporaryDirectory() + "moe-cli-nothing-\(UUID().uuidString)"
        let outcome = try Tool.run("verify", option, "ascend", "--ascend", "path=\(folder)")

        #expect(outcome.status == 1)
        #expect(outcome.error.contains(folder) && outcome.error.contains("libascendcl.so"))
    }
}
