import Foundation
import MoE
import MoECheckpoint
import MoETestSupport

/// A language model of bytes with random weights, in the least sizes that the device takes in every
/// way: what it multiplies is made of whole blocks, and gate and up together are 64 columns.
///
/// Two layers of 4 experts with 2 active, as Qwen3-MoE is published.
final class RandomModel {
    /// Its folder, which goes with it.
    let folder: String

    /// Writes the model of a seed.
    init(seed: UInt64) throws {
        let root = FileManager.default.temporaryDirectory
            .appendingPathComponent("random-model-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        folder = root.path
        try Data(Self.configuration.utf8).write(to: root.appendingPathComponent("config.json"))
        try SafetensorsWriter.write(Self.tensors(seed), to: folder + "/model.safetensors")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private static let configuration = """
        {
         "model_type": "qwen3_moe", "vocab_size": 256, "hidden_size": 64, "intermediate_size": 64,
         "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
         "head_dim": 16, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32,
         "norm_topk_prob": true, "decoder_sparse_step": 1, "mlp_only_layers": [],
         "max_position_embeddings": 1024, "rms_norm_eps": 1e-6, "rope_theta": 10000,
         "hidden_act": "silu", "tie_word_embeddings": false
        }
        """

    private static func tensors(_ seed: UInt64) throws -> [(String, Tensor)] {
        var random = SeededRandom(seed), tensors: [(String, Tensor)] = []
        func ones(_ name: String, _ count: Int) throws {
            tensors.append(
                (name + ".weight", try Tensor([Float](repeating: 1, count: count), shape: [count])))
        }
        // A product keeps the size of what it multiplies.
        func matrix(_ name: String, _ rows: Int, _ columns: Int, size: Float? = nil) throws {
            let size = size ?? 1 / Float(columns).squareRoot()
            let elements = random.normals(rows * columns).map { $0 * size }
            tensors.append((name + ".weight", try Tensor(elements, shape: [rows, columns])))
        }
        try matrix("model.embed_tokens", 256, 64, size: 1)
        for layer in 0..<2 {
            let name = "model.layers.\(layer)"
            try ones(name + ".input_layernorm", 64)
            try ones(name + ".post_attention_layernorm", 64)
            try ones(name + ".self_attn.q_norm", 16)
            try ones(name + ".self_attn.k_norm", 16)
            try matrix(name + ".self_attn.q_proj", 32, 64)
            try matrix(name + ".self_attn.k_proj", 16, 64)
            try matrix(name + ".self_attn.v_proj", 16, 64)
            try matrix(name + ".self_attn.o_proj", 64, 32)
            try matrix(name + ".mlp.gate", 4, 64)
            for expert in 0..<4 {
                try matrix(name + ".mlp.experts.\(expert).gate_proj", 32, 64)
                try matrix(name + ".mlp.experts.\(expert).up_proj", 32, 64)
                try matrix(name + ".mlp.experts.\(expert).down_proj", 64, 32)
            }
        }
        try ones("model.norm", 64)
        try matrix("lm_head", 256, 64)
        return tensors
    }
}
