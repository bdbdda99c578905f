import Foundation
import MoECheckpoint
import MoETestSupport
import Testing

@Suite("The programs")
struct ProgramTests {
    @Test("list every backend with its state and a reason")
    func backends() throws {
        let outcome = try Tool.run("backends", "--json")

        let json = try JSONValue(parsing: outcome.output)
        let backends = try #require(json["backends"]?.arrayValue)
        #expect(outcome.status == 0)
        #expect(backends.contains { $0["name"] == "reference" && $0["available"] == true })
        #expect(backends.allSatisfy { $0["reason"]?.stringValue?.isEmpty == false })
        #expect(try Tool.run("backends").output.contains("reference"))
        let isas = try #require(json["isas"]?.arrayValue)
        #expect(isas.filter { $0["chosen"] == true }.count == 1)
        #expect(isas.first?["name"] == "scalar" && isas.first?["available"] == true)
    }

    @Test(
        "explain themselves", arguments: ["moe-cli", "moe-block"])
    func help(_ program: String) throws {
        let help = try Tool.run(["--help"], at: program)

        #expect(help.status == 0 && help.output.contains("USAGE: \(program)"))
    }

    @Test("say which version they are and write completions")
    func version() throws {
        let version = try Tool.run("--version")
        let completions = try Tool.run("--generate-completion-script", "bash")

        #expect(version.status == 0 && version.output.first?.isNumber == true)
        #expect(completions.status == 0 && completions.output.contains("moe-cli"))
    }

    @Test("show what the example block did, in JSON too")
    func example() throws {
        let model = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Models/byte-qwen3-moe").path
        let text = try Tool.run(["--model", model, "--tokens", "5"], at: "moe-block")
        let json = try Tool.run(["--model", model, "--tokens", "5", "--json"], at: "moe-block")

        #expect(text.status == 0 && text.output.contains("Rows per expert"))
        let report = try JSONValue(parsing: json.output)
        #expect(report["tokens"] == 5)
        let rows = try #require(report["group_index"]?.arrayValue).compactMap(\.intValue)
        #expect(rows.reduce(0, +) == 5 * (report["shape"]?["top_k"]?.intValue ?? 0))
        let error = try #require(report["int8_against_float"]?["relative_l2"]?.doubleValue)
        #expect(error > 0.001 && error < 0.1)
    }

    @Test("measure a layer, and its float32 products beside it")
    func bench() throws {
        let outcome = try Tool.run(
            "bench", "--shape", "64,32,4,2", "--tokens", "1,8", "--rounds", "2",
            "--backend", "reference,auto", "--routing", "zipf", "--sgemm", "--json")

        #expect(outcome.status == 0, "\(outcome.error)")
        let results = try #require(
            try JSONValue(parsing: outcome.output)["results"]?.arrayValue)
        #expect(results.count >= 4)
        for result in results { #expect((result["median_s"]?.doubleValue ?? 0) > 0) }
        #expect(try Tool.run("bench", "--shape", "64,32,4,5").status == 64)
    }
}
