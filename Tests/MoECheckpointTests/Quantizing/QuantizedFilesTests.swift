import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

@Suite("The files of a quantised checkpoint")
struct QuantizedFilesTests {
    @Test("compressed-tensors: int8 beside F32 scales, and a configuration that says so")
    func compressedTensors() throws {
        let folder = try QuantizedFolder(copying: "qwen2_moe")
        let old = try JSONValue(contentsOf: folder.source + "/config.json")
        try folder.quantize()

        let name = "model.layers.1.mlp.experts.0.down_proj.weight"
        let tensors = try folder.tensors()
        let (weight, scale) = (tensors[name], tensors[name + "_scale"])
        #expect(weight?.type == .i8 && scale?.type == .f32)
        #expect(scale?.shape == [weight?.shape[0] ?? 0, 1])
        #expect(folder.contents(of: folder.destination) == ["config.json", "model.safetensors"])

        let config = try folder.json("config.json")
        for (key, value) in try #require(old.objectValue) { #expect(config[key] == value) }
        let quantization = try #require(config["quantization_config"])
        #expect(quantization["quant_method"] == "compressed-tensors")
        #expect(quantization["format"] == "int-quantized")
        let group = try #require(quantization["config_groups"]?["group_0"])
        #expect(group["targets"] == ["Linear"])
        #expect(group["weights"]?["strategy"] == "channel" && group["weights"]?["num_bits"] == 8)
        #expect(group["input_activations"]?["strategy"] == "token")
        #expect(group["input_activations"]?["dynamic"] == true)
        let ignored = try #require(quantization["ignore"]?.arrayValue).compactMap(\.stringValue)
        #expect(
            Set(ignored) == [
                "model.layers.0.mlp.gate", "model.layers.0.mlp.shared_expert_gate",
                "model.layers.1.mlp.gate", "model.layers.1.mlp.shared_expert_gate", "lm_head",
            ])
    }

    @Test("msmodelslim: offsets of 0, and a description of every tensor")
    func modelSlim() throws {
        let folder = try QuantizedFolder(copying: "qwen3_moe")
        try folder.quantize(.modelSlim)

        let weights = "quant_model_weight_w8a8_dynamic.safetensors"
        #expect(
            folder.contents(of: folder.destination)
                == ["config.json", "quant_model_description.json", weights])
        let tensors = try folder.tensors()
        let schemes = try #require(folder.json("quant_model_description.json").objectValue)
        #expect(schemes["model_quant_type"] == "W8A8_DYNAMIC")
        for (name, tensor) in tensors {
            let isExpert = name.contains(".experts.")
            #expect(schemes[name] == (isExpert ? "W8A8_DYNAMIC" : "FLOAT"), "\(name)")
            if name.hasSuffix("_offset") {
                #expect(tensor.type == .f32 && tensor.bytes.allSatisfy { $0 == 0 })
                #expect(tensor.shape == tensors[name.dropLast(6) + "scale"]?.shape)
            }
        }
        #expect(schemes.count == tensors.count + 2)
        #expect(tensors.count { $0.key.hasSuffix("_offset") } == 48)
        #expect(try folder.json("config.json")["quantize"] == "w8a8_dynamic")
        #expect(try folder.json("config.json")["quantization_config"] == nil)
    }

    @Test(
        "stacked experts become linear layers under the names that readers know",
        arguments: [
            ("qwen3_moe-fused", "model.layers.1.mlp.experts.2.", ["gate_proj", "up_proj"], false),
            ("llama4", "feed_forward.experts.2.", ["gate_proj", "up_proj", "down_proj"], false),
            ("gpt_oss", "model.layers.1.mlp.experts.2.", ["gate_proj", "down_proj"], true),
            ("dbrx", "ffn.experts.2.", ["gate_proj", "up_proj", "down_proj"], false),
            ("granitemoeshared", "block_sparse_moe.experts.2.", ["up_proj"], false),
            ("gemma4", "layers.1.experts.2.", ["gate_proj", "down_proj"], false),
        ])
    func names(
        block: String, expert: String, projections: [String], hasBias: Bool
    ) throws {
        let folder = try QuantizedFolder(copying: block)
        try folder.quantize()

        let tensors = try folder.tensors()
        for projection in projections {
            let layer = expert + projection
            #expect(
                tensors.contains { $0.key.hasSuffix(layer + ".weight") && $0.value.type == .i8 })
            #expect(tensors.keys.contains { $0.hasSuffix(layer + ".weight_scale") })
            #expect(tensors.keys.contains { $0.hasSuffix(layer + ".bias") } == hasBias)
        }
        #expect(!tensors.values.contains { $0.shape.count > 2 })
    }

    @Test("are as long as asked for, with an index that our reader and transformers know")
    func shards() throws {
        let folder = try QuantizedFolder(copying: "qwen3_moe")
        let report = try folder.quantize(shardSize: 8_000)

        let index = try folder.json("model.safetensors.index.json")
        let map = try #require(index["weight_map"]?.objectValue)
        #expect(report.files.count == 4)
        #expect(report.files.first == "model-00001-of-00004.safetensors")
        var (names, size) = (Set<String>(), 0)
        for file in report.files {
            let tensors = try SafetensorsFile(opening: "\(folder.destination)/\(file)")
            let sizes = tensors.names.compactMap { tensors.entry($0)?.byteCount }
            #expect(sizes.reduce(0, +) <= 8_000)
            #expect(tensors.metadata == ["format": "pt"])
            for name in tensors.names { #expect(map[name] == .string(file)) }
            names.formUnion(tensors.names)
            size += sizes.reduce(0, +)
        }
        #expect(names == Set(map.keys) && index["metadata"]?["total_size"] == .integer(size))
        #expect(names == Set(try SafetensorsDirectory(opening: folder.destination).names))
    }

    @Test("stand beside the tokeniser and whatever else belongs to the model")
    func companions() throws {
        let folder = try QuantizedFolder(copying: "qwen3_moe")
        let copied = ["tokenizer.json", "modeling_x.py", "LICENSE", "generation_config.json"]
        let left = [
            "pytorch_model.bin", "model.gguf", ".gitattributes", "hf_quant_config.json",
            "extra.safetensors.index.json", "consolidated.safetensors",
        ]
        for name in copied { try folder.write("{\"name\": \"\(name)\"}", to: name) }
        for name in left { try folder.write("{}", to: name) }
        let big = String(repeating: "0123456789abcdef", count: 40_000)
        try folder.write(big, to: "vocab.txt")
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: folder.source + "/original", withIntermediateDirectories: false)
        try manager.createSymbolicLink(
            atPath: folder.source + "/merges.txt", withDestinationPath: "vocab.txt")
        try folder.quantize()

        let files = try folder.files()
        #expect(
            Set(files.keys)
                == Set(copied + ["config.json", "model.safetensors", "vocab.txt", "merges.txt"]))
        #expect(files["tokenizer.json"] == Data(#"{"name": "tokenizer.json"}"#.utf8))
        #expect(files["vocab.txt"] == Data(big.utf8) && files["merges.txt"] == Data(big.utf8))
        let link = try manager.attributesOfItem(atPath: folder.destination + "/merges.txt")
        #expect(link[.type] as? FileAttributeType == .typeRegular)
    }
}
