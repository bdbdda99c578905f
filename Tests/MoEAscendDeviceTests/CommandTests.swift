import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// The programs as a whole, in processes of their own, with the double where CANN would be.
///
/// The double ends a process that breaks a rule.
@Suite("Commands on the device")
struct CommandTests {
    private static let model = VectorFile.directory.deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Models/byte-qwen3-moe").path

    private func run(
        _ program: String = "moe-cli", _ arguments: String..., double: String = "abort"
    ) throws -> ProgramRun {
        try ProgramRun(program, arguments, double: double)
    }

    private func scratch(_ name: String) -> String {
        NSTemporaryDirectory() + "moe-ascend-\(UUID().uuidString)-\(name)"
    }

    @Test("backends names the device, and auto takes it")
    func backends() throws {
        let found = try run("moe-cli", "backends")
        #expect(found.status == 0, "\(found.error)")
        #expect(found.output.contains("yes  ascend      Ascend910B3, device 0 of 64"))
        #expect(found.output.contains("auto takes ascend"))
        let none = try run("moe-cli", "backends", double: "abort,devices=0")
        #expect(none.output.contains("sees no device"))
        #expect(!none.output.contains("auto takes ascend"))
        let other = try run("moe-cli", "backends", double: "abort,soc=Ascend310P3")
        #expect(other.output.contains("Ascend310P3, wanted an Atlas A2 or A3 chip"))
    }

    @Test(
        "verify agrees with the CPU at every stage",
        arguments: [
            "weights=nd", "weights=nz", "output=f16", "quantize=device", "select=device",
            "without=aclnnMoeInitRoutingV3",
        ])
    func verify(settings: String) throws {
        let found = try run(
            "moe-cli", "verify", "--backend", "ascend", "--against", "reference", "--model",
            Self.model, "--ascend", settings)
        #expect(found.status == 0, "\(found.output)\(found.error)")
        for stage in ["route", "dispatch", "quantize", "gate_up", "activate", "down", "combine"] {
            #expect(found.output.contains(stage), "\(stage): \(found.output)")
        }
    }

    @Test("verify fails with CANN's words where a call fails")
    func verifyFails() throws {
        let found = try run(
            "moe-cli", "verify", "--backend", "ascend",
            double: "abort,fail=aclnnDequantSwigluQuantV2:1:561003")
        #expect(found.status != 0)
        #expect(
            found.error.contains(
                "aclnnDequantSwigluQuantV2: status 561003 (no kernel for this chip is installed): "
                    + "EZ9999"))
    }

    @Test("probe tries everything, a line each, and finds nothing wrong")
    func probe() throws {
        let found = try run("moe-cli", "probe", "--backend", "ascend", double: "")
        #expect(found.status == 0, "\(found.output)\(found.error)")
        let lines = found.output.split(separator: "\n")
        #expect(lines.count > 30)
        #expect(lines.filter { $0.hasPrefix("failed") } == [])
        for name in ["libraries", "aclnnMoeInitRoutingV3", "memory", "weights=nz"] {
            #expect(lines.contains { $0.contains(name) }, "\(name)")
        }
        let failing = try run(
            "moe-cli", "probe", "--backend", "ascend", double: "fail=aclrtMalloc:1:207001")
        #expect(failing.status != 0)
        #expect(
            failing.output.contains("failed  memory") || failing.output.contains("failed  copy"))
    }

    @Test("forward and both operators compute there")
    func commands() throws {
        let hidden = scratch("hidden.safetensors"), output = scratch("output.safetensors")
        defer {
            for file in [hidden, output] { try? FileManager.default.removeItem(atPath: file) }
        }
        var random = SeededRandom(5)
        try SafetensorsWriter.write(
            [("hidden_states", Tensor(random.normals(3 * 256), shape: [3, 256]))], to: hidden)
        let forward = try run(
            "moe-cli", "forward", "--model", Self.model, "--layer", "0", "--input", hidden,
            "--output", output, "--backend", "ascend")
        #expect(forward.status == 0, "\(forward.error)")
        #expect(try SafetensorsFile(opening: output).entry("output")?.shape == [3, 256])

        try SafetensorsWriter.write(
            [
                ("x", Tensor([Int32](repeating: 1000, count: 128), shape: [2, 64])),
                ("weight_scale", Tensor([Float](repeating: 0.001, count: 64), shape: [1, 64])),
                ("activation_scale", Tensor([Float](repeating: 1, count: 2), shape: [2])),
            ], to: hidden)
        let fused = try run(
            "moe-cli", "op", "dequant-swiglu-quant", "--input", hidden, "--output", output,
            "--quant-mode", "dynamic", "--backend", "ascend")
        #expect(fused.status == 0, "\(fused.error)")
        #expect(
            try SafetensorsFile(opening: output).tensor("y").elements(as: Int8.self)
                == [Int8](repeating: 127, count: 64))

        try SafetensorsWriter.write(
            [
                ("x", Tensor([Int8](repeating: 2, count: 64), shape: [2, 32])),
                ("weight", Tensor([Int8](repeating: 3, count: 1024), shape: [1, 32, 32])),
                ("group_index", Tensor([Int64(2)], shape: [1])),
            ], to: hidden)
        let product = try run(
            "moe-cli", "op", "grouped-matmul", "--input", hidden, "--output", output, "--backend",
            "ascend")
        #expect(product.status == 0, "\(product.error)")
        #expect(
            try SafetensorsFile(opening: output).tensor("y").elements(as: Int32.self)
                == [Int32](repeating: 192, count: 64))
    }

    @Test("bench and both examples compute there", arguments: ["ascend", "auto"])
    func examples(backend: String) throws {
        let block = try run(
            "moe-block", "--model", Self.model, "--tokens", "8", "--backend", backend)
        #expect(block.status == 0 && block.output.contains("ascend"), "\(block.error)")
        // The tiny model's experts are too narrow for the device: by name that is an error, and auto
        // computes them on the CPU.
        let text = try run(
            "moe-generate", "--model", VectorFile.directory.path + "/Generate/qwen3_moe",
            "--token-ids", "1,2", "--tokens", "2", "--backend", backend)
        #expect((text.status == 0) == (backend == "auto"), "\(text.error)")
        #expect(text.error.contains("2H = 16 is no multiple of 64") == (backend == "ascend"))
        let bench = try run(
            "moe-cli", "bench", "--backend", backend, "--shape", "64,32,4,2", "--tokens", "2",
            "--rounds", "1")
        #expect(bench.status == 0 && bench.output.contains("ascend"), "\(bench.error)")
    }
}
