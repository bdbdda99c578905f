import Foundation
import MoECheckpoint
import Testing

/// Text and its figures, where a device computes the experts.
///
/// The device adds up the same integers as the CPU and gives the second product's rows in 16 bits, so
/// a text may part from the CPU's, but only where two tokens are nearly as likely. This model has no
/// such place in its first tokens.
@Suite("Text on the device")
struct TextTests {
    @Test("is the CPU's, token by token, and auto takes the device")
    func generated() throws {
        let model = try RandomModel(seed: 1)
        func tokens(_ backend: String, runsOn wanted: String) throws -> [Int] {
            let run = try ProgramRun(
                "moe-generate",
                [
                    "--model", model.folder, "--prompt", "func sort", "--tokens", "24",
                    "--backend", backend, "--json",
                ])
            #expect(run.status == 0, "\(run.error)")
            let report = try JSONValue(parsing: run.output)
            #expect(report["backend"]?.stringValue == wanted)
            return try #require(report["tokens"]?.arrayValue).compactMap(\.intValue)
        }

        let wanted = try tokens("native", runsOn: "native")
        #expect(wanted.count == 24 && Set(wanted).count > 4)
        #expect(try tokens("ascend", runsOn: "ascend") == wanted)
        #expect(try tokens("auto", runsOn: "ascend") == wanted)
    }

    @Test("is as near to float experts as the CPU's, but for 16-bit rounding")
    func evaluated() throws {
        let model = try RandomModel(seed: 1)
        let run = try ProgramRun(
            "moe-generate",
            [
                "evaluate", "--model", model.folder, "--text", #filePath, "--bytes", "600",
                "--backend", "native,ascend", "--json",
            ])
        #expect(run.status == 0, "\(run.error)")
        let results = try #require(
            JSONValue(parsing: run.output)["results"]?.arrayValue)
        func figure(_ name: String, _ backend: String) throws -> Double {
            let result = try #require(
                results.first {
                    $0["backend"]?.stringValue == backend && $0["experts"]?.stringValue == "int8"
                })
            return try #require(result[name]?.doubleValue)
        }

        // A device has no float experts.
        #expect(results.count == 3)
        let native = try figure("kl_mean", "native"), device = try figure("kl_mean", "ascend")
        #expect(native > 0 && device > 0 && device != native)
        #expect(device < 2 * native)
        #expect(abs(try figure("bits_per_byte_delta_percent", "ascend")) < 0.2)
        #expect(try figure("top1_agreement", "ascend") > 0.95)
    }
}
