import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

@Suite("moe-cli forward")
struct ForwardCommandTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func arguments(
        _ block: String, output: String, _ more: String...
    ) throws -> [String] {
        let block = try #require(GoldenBlock.all.first { $0.name == block })
        return [
            "forward", "--model", block.directory, "--layer", "\(GoldenBlock.layer)",
            "--input", block.goldenFile, "--output", output,
        ] + more
    }

    @Test("writes every result of the layer with its type and shape")
    func results() throws {
        let output = scratch.file("out.safetensors")
        let outcome = try Tool.run(arguments("deepseek_v3", output: output))

        #expect(outcome.status == 0 && outcome.error.isEmpty && outcome.output.isEmpty)
        let file = try SafetensorsFile(opening: output)
        let golden = try Golden.load(
            from: SafetensorsFile(opening: #require(block("deepseek_v3")).goldenFile))
        let (tokens, hidden) = (golden.tokens, golden.hiddenStates.columns)
        let wanted: [String: (ElementType, [Int])] = [
            "output": (.f32, [tokens, hidden]), "routed_output": (.f32, [tokens, hidden]),
            "shared_output": (.f32, [tokens, hidden]),
            "topk_indices": (.i32, [tokens, golden.topK]),
            "topk_weights": (.f32, [tokens, golden.topK]),
            "group_index": (.i64, [golden.groupIndex.count]),
        ]
        #expect(Set(file.names) == Set(wanted.keys))
        for (name, (type, shape)) in wanted {
            #expect(file.entry(name)?.type == type && file.entry(name)?.shape == shape)
        }
    }

    @Test(
        "takes what a router reads beside the hidden states, and names it where it is missing",
        arguments: [
            ("gemma4", "router-input", "router_input", "router input"),
            ("deepseek_v4_hash", "token-ids", "token_ids", "token ids"),
        ])
    func routerInputs(name: String, option: String, tensor: String, what: String) throws {
        let output = scratch.file("out.safetensors")
        let without = try Tool.run(arguments(name, output: output))
        #expect(without.status == 1 && without.error.contains("\(what): this layer's router"))

        let with = try Tool.run(arguments(name, output: output, "--\(option)-tensor", tensor))
        #expect(with.status == 0 && with.error.isEmpty)
    }

    @Test("leaves shared_output out where there is no shared expert")
    func withoutShared() throws {
        let output = scratch.file("out.safetensors")

        _ = try Tool.run(arguments("mixtral", output: output))

        #expect(try SafetensorsFile(opening: output).entry("shared_output") == nil)
    }

    @Test("writes the same bytes for every number of threads, and on every backend")
    func sameBytes() throws {
        let first = scratch.file("one.safetensors")
        _ = try Tool.run(arguments("qwen2_moe", output: first, "--threads", "1"))
        let wanted = try Data(contentsOf: URL(fileURLWithPath: first))

        for more in [["--threads", "2"], ["--threads", "64"], ["--backend", "reference"]] {
            let output = scratch.file("other.safetensors")
            let outcome = try Tool.run(arguments("qwen2_moe", output: output) + more)

            #expect(outcome.status == 0)
            #expect(try Data(contentsOf: URL(fileURLWithPath: output)) == wanted)
        }
    }

    @Test("takes hidden states of another name, in F16 and BF16, and none at all")
    func inputs() throws {
        let halves = [Half](repeating: Half(bitPattern: 0x3C00), count: 64)
        let input = try scratch.write(
            "in.safetensors",
            [
                ("half", Tensor(halves, shape: [2, 32])),
                (
                    "brain",
                    Tensor(
                        [BFloat16](repeating: BFloat16(bitPattern: 0x3F80), count: 64),
                        shape: [2, 32])
                ),
                ("single", Tensor([Float](repeating: 1, count: 64), shape: [2, 32])),
                ("none", Tensor([Float](), shape: [0, 32])),
            ])
        func output(of tensor: String) throws -> Tensor {
            let path = scratch.file("\(tensor).safetensors")
            let outcome = try Tool.run([
                "forward", "--model", #require(block("mixtral")).directory, "--layer", "1",
                "--input", input, "--input-tensor", tensor, "--output", path,
            ])
            #expect(outcome.status == 0, "\(outcome.error)")
            return try SafetensorsFile(opening: path).tensor("output")
        }

        let wanted = try output(of: "single")
        #expect(try output(of: "half") == wanted)
        #expect(try output(of: "brain") == wanted)
        #expect(try output(of: "none").shape == [0, 32])
    }

    @Test("says in one line on stderr what requantising has cost, for int8 experts alone")
    func requantized() throws {
        let block = try #require(self.block("qwen3_moe-fused"))
        let folder = scratch.file("model")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try FileManager.default.copyItem(
            atPath: block.directory + "/config.json", toPath: folder + "/config.json")
        let model = try SafetensorsFile(opening: block.directory + "/model.safetensors")
        var tensors: [(String, Tensor)] = []
        for name in model.names {
            let tensor = try model.tensor(name)
            guard name.contains("layers.1.mlp.experts.") else {
                tensors.append((name, tensor))
                continue
            }
            // Codes of E4M3, any but NaN, and a scale per expert.
            let codes = (0..<tensor.count).map { UInt8($0 * 29 % 127) }
            tensors.append((name, try Tensor(type: .f8e4m3, shape: tensor.shape, bytes: codes)))
            let scales = [Float](repeating: 0x1p-10, count: tensor.shape[0])
            tensors.append((name + "_scale_inv", try Tensor(scales, shape: [scales.count, 1, 1])))
        }
        try SafetensorsWriter.write(tensors, to: folder + "/model.safetensors")
        for (format, isReported) in [("int8", true), ("float", false)] {
            let outcome = try Tool.run([
                "forward", "--model", folder, "--layer", "1", "--input", block.goldenFile,
                "--output", scratch.file("out.safetensors"), "--experts", format,
            ])
            #expect(outcome.status == 0 && outcome.output.isEmpty)
            let wanted = "layer 1: FP8 weights requantised to int8 per channel, relative L2 error "
            #expect(outcome.error.hasPrefix(wanted) == isReported, "\(outcome.error)")
            #expect(outcome.error.split(separator: "\n").count == (isReported ? 1 : 0))
        }
        let packed = try Tool.run("pack", folder, scratch.file("packed"))
        let wanted = "FP8 weights requantised to int8 per channel, relative L2 error "
        #expect(packed.status == 0 && packed.error.hasPrefix(wanted), "\(packed.error)")
    }

    @Test(
        "says in one line what is wrong with files, exits with 1 and writes nothing",
        arguments: [
            (["--model", "/nowhere"], "/nowhere"),
            (["--layer", "9"], "layer 9"),
            (["--input", "/nowhere.safetensors"], "/nowhere.safetensors"),
            (["--input-tensor", "absent"], "absent"),
            (["--input-tensor", "group_index"], "group_index"),
            (["--output", "/nowhere/out.safetensors"], "/nowhere/out.safetensors"),
        ])
    func failures(_ change: [String], message: String) throws {
        var arguments = try arguments("qwen3_moe", output: scratch.file("out.safetensors"))
        if let place = arguments.firstIndex(of: change[0]) {
            arguments[place + 1] = change[1]
        } else {
            arguments += change
        }

        let outcome = try Tool.run(arguments)

        #expect(outcome.status == 1)
        #expect(outcome.error.contains(message))
        #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
        #expect(scratch.contents.isEmpty && outcome.output.isEmpty)
    }

    @Test(
        "exits with 64 where the command line alone is wrong",
        arguments: [
            ["--backend", "abacus"], ["--experts", "int4"], ["--threads", "0"],
            ["--threads", "many"], ["--layer", "first"], ["--unknown"],
        ])
    func usage(_ change: [String]) throws {
        let outcome = try Tool.run(
            arguments("qwen3_moe", output: scratch.file("out.safetensors")) + change)

        #expect(outcome.status == 64)
        #expect(scratch.contents.isEmpty)
    }

    @Test("keeps an existing output file when it fails")
    func existingOutput() throws {
        let output = scratch.file("out.safetensors")
        try "old".write(toFile: output, atomically: true, encoding: .utf8)

        let outcome = try Tool.run(
            arguments("qwen3_moe", output: output, "--input-tensor", "absent"))

        #expect(outcome.status == 1)
        #expect(try String(contentsOfFile: output, encoding: .utf8) == "old")
        #expect(scratch.contents == ["out.safetensors"])
    }

    private func block(_ name: String) -> GoldenBlock? {
        GoldenBlock.all.first { $0.name == name }
    }
}
