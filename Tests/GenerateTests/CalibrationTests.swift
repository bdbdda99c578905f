import Foundation
import GenerateEngine
import MoE
import MoECheckpoint
import Testing

@Suite("Calibration")
struct CalibrationTests {
    @Test(
        "takes factors for a layer only where they change predictions less",
        arguments: TinyModel.allCases)
    func chosen(_ model: TinyModel) throws {
        let decoder = try model.decoder(.float)
        let calibration = try Calibration(decoder, tokens: try model.expected().tokens, window: 8)

        #expect(calibration.layers.map(\.layer) == decoder.checkpoint.moeLayers)
        for layer in calibration.layers {
            #expect(layer.plainDivergence > 0)
            #expect(layer.chosen.map { $0.divergence < layer.plainDivergence } ?? true)
            #expect((calibration.factors.layers[layer.layer] == nil) == (layer.chosen == nil))
        }
    }

    @Test("writes factors that are read as they were", arguments: TinyModel.allCases)
    func file(_ model: TinyModel) throws {
        let factors = try smoothFactors(model)
        let path = NSTemporaryDirectory() + "smooth-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try factors.write(to: path)
        let read = try SmoothFactors(reading: path)

        #expect(read.layers.keys.sorted() == factors.layers.keys.sorted())
        for (layer, factors) in factors.layers {
            #expect(read.layers[layer]?.matrix == factors.matrix)
            #expect(read.layers[layer]?.alpha == factors.alpha)
            #expect(factors.matrix.elements.allSatisfy { $0 > 0 && $0.isFinite })
        }
    }

    @Test("gives a decoder whose logits have the same bits on every backend")
    func backends() throws {
        let model = TinyModel.mixtral, tokens = try model.expected().tokens
        let smooth = try smoothFactors(model), float = try model.decoder(.float)
        #expect(!smooth.layers.isEmpty)
        let logits = try Backends.available.map {
            try float.loading(ExpertChoice(.int8, backend: $0, threads: 1, smooth: smooth))
                .logits(of: tokens)
        }
        for other in logits { #expect(other == logits[0]) }
        #expect(try float.loading(ExpertChoice(.int8, threads: 1)).logits(of: tokens) != logits[0])
    }

    @Test("refuses int8 experts, and a text without tokens")
    func refused() throws {
        let int8 = try TinyModel.mixtral.decoder(.int8),
            float = try TinyModel.mixtral.decoder(.float)
        #expect(throws: EngineError.self) { try Calibration(int8, tokens: [1, 2]) }
        #expect(throws: EngineError.self) { try Calibration(float, tokens: []) }
    }

    @Test("a file that holds other tensors is refused, and the message names one")
    func otherFile() {
        let path = TinyModel.mixtral.folder + "/expected.safetensors"
        let error = #expect(throws: CheckpointError.self) { try SmoothFactors(reading: path) }
        #expect(error?.message.contains("wanted model.layers.0.mlp.experts.quant_scale") == true)
    }

    private func smoothFactors(_ model: TinyModel) throws -> SmoothFactors {
        try Calibration(model.decoder(.float), tokens: try model.expected().tokens, window: 8)
            .factors
    }
}
