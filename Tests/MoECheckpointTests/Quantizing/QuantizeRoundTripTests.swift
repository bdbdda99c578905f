import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

@Suite("A quantised checkpoint read back")
struct QuantizeRoundTripTests {
    /// Every golden model whose files hold all the layers that its configuration has.
    static let blocks = GoldenBlock.all.map(\.name).filter { $0 != "deepseek_v4_hash" }

    @Test(
        "has the int8 weights, scales and biases that loading the floats gives, bit for bit",
        arguments: blocks, QuantizedFormat.allCases)
    func layers(block: String, format: QuantizedFormat) throws {
        let folder = try QuantizedFolder(copying: block)
        let report = try folder.quantize(format, shardSize: 4_000)

        let checkpoint = try Checkpoint(directory: folder.source)
        #expect(try Checkpoint(directory: folder.destination).moeLayers == checkpoint.moeLayers)
        for layer in checkpoint.moeLayers {
            let written = try ComparableLayer(layer, of: folder.destination)
            #expect(try written == ComparableLayer(layer, of: folder.source))
            #expect(!written.matrices.isEmpty)
        }
        // Nothing was quantised twice on the way back.
        let back = try Checkpoint(directory: folder.destination).load(
            GoldenBlock.layer, experts: .int8)
        #expect(back.report == LoadReport())
        #expect(report.files.count > 1 && report.loss == nil)
        #expect(
            report.notes
                == checkpoint.parts.dropFirst().map {
                    "experts of the part \($0) stay what they are"
                })
    }

    @Test("holds every tensor that is no expert's byte for byte, whatever its type")
    func others() throws {
        let model = TinyModel()
        let others = [
            "lm_head.weight": try Tensor([Float](repeating: 0.5, count: 8), shape: [2, 4]),
            "model.embed_tokens.weight": try Tensor([1, 2, 3, 4].map(Int64.init), shape: [4]),
            "model.layers.0.self_attn.q_proj.weight": try model.tensor(
                model.values(16, seed: 7), [4, 4]),
            "model.layers.3.mlp.experts.0.up_proj.weight": try model.tensor(
                model.values(12, seed: 8), [3, 4]),
            "empty": try Tensor([Float](), shape: [0]), "scalar": try Tensor([Int8(3)], shape: []),
        ]
        let router = try model.router()
        let folder = try QuantizedFolder(
            TinyConfiguration.qwen3MoE.onlyLayer1, merged([router, model.perExpert(), others]))
        let report = try folder.quantize()

        let written = try folder.tensors()
        for (name, tensor) in others.merging(router, uniquingKeysWith: { $1 }) {
            #expect(written[name] == tensor, "\(name)")
        }
        #expect(written.count == others.count + router.count + 12 * 2)
        #expect(report.quantizedCount == 12 && report.copiedCount == 7)
    }

    @Test("has scale 0 and zeros for an output channel of zeros")
    func zeroChannel() throws {
        var model = TinyModel()
        model.type = .f32
        var experts = try model.perExpert()
        let name = model.layer + "mlp.experts.2.down_proj.weight"
        var floats = try #require(experts[name]?.floats())
        for index in 3..<6 { floats[index] = 0 }
        experts[name] = try Tensor(floats, shape: [4, 3])
        let folder = try QuantizedFolder(
            TinyConfiguration.qwen3MoE.onlyLayer1, merged([model.router(), experts]))
        try folder.quantize()

        let tensors = try folder.tensors()
        #expect(tensors[name]?.elements(as: Int8.self)?[3..<6] == [0, 0, 0])
        #expect(tensors[name + "_scale"]?.floats()?[1] == 0)
        #expect(
            try ComparableLayer(1, of: folder.destination)
                == ComparableLayer(1, of: folder.source))
    }

    @Test("is the same for every number of threads and every size of files")
    func deterministic() throws {
        let folder = try QuantizedFolder(copying: "gpt_oss")
        func tensors(threads: Int, shardSize: Int) throws -> [String: Tensor] {
            try folder.quantizer(.modelSlim, shardSize: shardSize).write(
                to: folder.destination, threads: threads)
            defer { try? FileManager.default.removeItem(atPath: folder.destination) }
            return try folder.tensors()
        }
        let one = try tensors(threads: 1, shardSize: 1 << 30)
        #expect(try tensors(threads: 7, shardSize: 1 << 30) == one)
        #expect(try tensors(threads: 3, shardSize: 1) == one)
    }
}

extension String {
    /// A configuration in which layers 0 and 2 are dense.
    var onlyLayer1: String {
        replacingOccurrences(of: "\"mlp_only_layers\": []", with: "\"mlp_only_layers\": [0, 2]")
    }
}
