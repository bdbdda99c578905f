import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// A model in a GGUF file that gguf's own writer has made.
@Suite("GGUF checkpoints")
struct GGUFCheckpointTests {
    static let path = VectorFile.directory.appendingPathComponent("Formats/qwen2moe.gguf").path

    /// The weights of a tensor, as the generator has them.
    static func values(_ count: Int) -> [Float] {
        (0..<count).map { place -> Float in
            let code = place % 32 == 0 ? 127 : 37 * place % 255 - 127
            return Float(code) / 64
        }
    }

    @Test("metadata and dimensions are read, long texts passed over")
    func header() throws {
        let file = try GGUFFile(opening: Self.path)
        #expect(file.metadata["qwen2moe.expert_count"]?.intValue == 2)
        #expect(file.metadata["tokenizer.ggml.tokens"] == nil)
        #expect(file.entry("blk.0.ffn_down_exps.weight")?.shape == [2, 64, 1, 34])
        #expect(file.entry("blk.0.ffn_down_shexp.weight")?.type == .f16)
        #expect(
            message { _ = try file.locate("blk.0.attn_q.weight") }
                == "\(Self.path): blk.0.attn_q.weight: type Q4_K, wanted F32, F16, BF16, Q8_0 or MXFP4"
        )
    }

    @Test("a layer loads: Q8_0 experts, float shared expert, its gate, the router")
    func layer() throws {
        let checkpoint = try Checkpoint(directory: Self.path)
        #expect(checkpoint.family.name == "qwen2_moe" && checkpoint.weightFormat.name == "gguf")
        let (layer, report) = try checkpoint.load(0, experts: .float)
        #expect(layer.router.weight.elements == Self.values(128))
        #expect(layer.router.configuration.renormalization == .none)
        guard case .float(let experts) = layer.experts, let shared = layer.shared,
            case .float(let sharedExperts) = shared.experts
        else { return #expect(Bool(false)) }
        let (matrix, both) = (Self.values(2048), Self.values(4096))
        for (index, expert) in experts.enumerated() {
            let part = Array(both[index * 2048..<index * 2048 + 2048])
            #expect(expert.gateUp.elements == part + part)
            #expect(expert.down.elements == part)
        }
        #expect(sharedExperts.map(\.gateUp.elements) == [matrix + matrix])
        #expect(shared.gate == Self.values(64))
        #expect(report == LoadReport())
    }

    @Test("rows whose blocks share a scale are int8 as they are")
    func exact() throws {
        let (layer, report) = try Checkpoint(gguf: Self.path).load(0, experts: .int8)
        guard case .int8(let experts) = layer.experts else { return #expect(Bool(false)) }
        #expect(experts[0].down.scale == [Float](repeating: 1 / 64, count: 64))
        #expect(experts[0].down.values.elements == Self.values(2048).map { Int8($0 * 64) })
        #expect(report == LoadReport())
    }

    @Test("an architecture that is not read, a part of a model, and a file without metadata")
    func refused() throws {
        func loading(_ pairs: [[UInt8]]) -> String {
            message {
                let file = try GGUFModel([GGUFBuilder(pairs: pairs).open()])
                _ = try GGUFArchitecture.of(file).configuration(file)
            }
        }
        #expect(loading([]).hasSuffix("general.architecture: no such key"))
        #expect(
            loading([GGUFBuilder.pair("general.architecture", text: "mamba")]).contains(
                "general.architecture \"mamba\" is not supported, wanted llama, qwen2moe, "))
        #expect(
            loading([
                GGUFBuilder.pair("general.architecture", text: "olmoe"),
                GGUFBuilder.pair("olmoe.expert_gating_func", 4, [2, 0, 0, 0]),
            ]).hasSuffix("olmoe.expert_gating_func: 2, which olmoe does not have"))
    }

    @Test("DeepSeek's two routers are told apart by the scores' function, else by a bias")
    func deepSeek() throws {
        func modelType(gating: UInt8?, tensor: String) throws -> String {
            var builder = GGUFBuilder()
            builder.pairs = [GGUFBuilder.pair("general.architecture", text: "deepseek2")]
            if let gating {
                builder.pairs.append(
                    GGUFBuilder.pair("deepseek2.expert_gating_func", 4, [gating, 0, 0, 0]))
            }
            builder.tensors[0].name = tensor
            return try GGUFArchitecture.of(GGUFModel([builder.open()])).modelType
        }
        #expect(try modelType(gating: 1, tensor: "blk.3.exp_probs_b.bias") == "deepseek_v2")
        #expect(try modelType(gating: 2, tensor: "x") == "deepseek_v3")
        #expect(try modelType(gating: nil, tensor: "x") == "deepseek_v2")
        #expect(try modelType(gating: nil, tensor: "blk.3.exp_probs_b.bias") == "deepseek_v3")
    }
}
