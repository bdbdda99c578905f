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
        let calibration = try Calibration(decoder, tokens: try model.expected().tokens, window: 4)

        #expect(calibration.layers.map(\.layer) == decoder.checkpoint.moeLayers)
        for layer in calibration.layers {
            #expect(layer.plainDivergence > 0)
            #expect(layer.chosen.map { $0.divergence < layer.plainDivergence } ?? true)
            #expect(layer.chosen != nil || !layer.isKept)
            #expect((calibration.factors.layers[layer.layer] != nil) == layer.isKept)
        }
    }

    @Test(
        "keeps factors only where no figure of the model is worse for them",
        arguments: TinyModel.allCases)
    func kept(_ model: TinyModel) throws {
        let decoder = try model.decoder(.float)
        let calibration = try Calibration(decoder, tokens: try model.expected().tokens, window: 4)

        #expect((calibration.smoothed == nil) == calibration.factors.layers.isEmpty)
        guard let smoothed = calibration.smoothed else { return }
        #expect(smoothed.bitsPerByte <= calibration.plain.bitsPerByte)
        #expect(smoothed.meanDivergence < calibration.plain.meanDivergence)
        #expect(smoothed.topAgreement >= calibration.plain.topAgreement)
    }

    @Test("measures the int8 experts of all layers on windows that found no factors")
    func unseen() throws {
        let decoder = try TinyModel.qwen3MoE.decoder(.float)
        let tokens = Array(try TinyModel.qwen3MoE.expected().tokens.prefix(2 * 8 + 1))
        let calibration = try Calibration(decoder, tokens: tokens, window: 8)
        let evaluation = try Evaluation(
            decoder, candidates: [.init(decoder, ExpertChoice(.int8))],
            tokens: Array(tokens[8...]), window: 8, stride: 8)

        let figures = try #require(evaluation.results.first?.figures)
        #expect(calibration.plain.bitsPerByte == figures.bitsPerByte)
        #expect(calibration.plain.meanDivergence == figures.meanDivergence)
        // One window says nothing about how much windows differ.
        #expect(calibration.smoothed == nil && calibration.factors.layers.isEmpty)
    }

    @Test("writes factors that are read as they were")
    func file() throws {
        let model = try OutlierModel(of: .qwen3MoE, column: 3, scale: 64)
        defer { model.remove() }
        let factors = try calibration(model).factors
        let path = model.folder + "/" + SmoothFactors.fileName
        try factors.write(to: path)
        let read = try #require(try SmoothFactors.beside(model: model.folder))

        #expect(!read.layers.isEmpty && read.layers.keys == factors.layers.keys)
        for (layer, factors) in factors.layers {
            #expect(read.layers[layer]?.matrix == factors.matrix)
            #expect(read.layers[layer]?.alpha == factors.alpha)
            #expect(factors.matrix.elements.allSatisfy { $0 > 0 && $0.isFinite })
        }
    }

    @Test("gives a decoder whose logits have the same bits on every backend")
    func backends() throws {
        let model = try OutlierModel(of: .qwen3MoE, column: 3, scale: 64)
        defer { model.remove() }
        let tokens = try TinyModel.qwen3MoE.expected().tokens
        let float = try model.decoder(), smooth = try calibration(model).factors
        let logits = try Backends.available.map {
            try float.loading(ExpertChoice(.int8, backend: $0, threads: 1, smooth: smooth))
                .logits(of: tokens)
        }
        for other in logits { #expect(other == logits[0]) }
        #expect(try float.loading(ExpertChoice(.int8, threads: 1)).logits(of: tokens) != logits[0])
    }

    @Test("takes an activation's outlier back whose column of weights is small")
    func outlier() throws {
        let model = try OutlierModel(of: .qwen3MoE, column: 3, scale: 64)
        defer { model.remove() }
        let calibration = try calibration(model)

        #expect(calibration.layers.map(\.layer) == [0, 2])
        #expect(calibration.layers.contains { $0.isKept })
        for layer in calibration.layers {
            let chosen = try #require(layer.chosen)
            #expect(chosen.divergence < layer.plainDivergence / 4)
            guard layer.isKept else { continue }
            let factors = try #require(calibration.factors.layers[layer.layer]).matrix
            // Of an expert without rows nothing is known.
            for expert in 0..<factors.rows where factors.row(expert).contains(where: { $0 != 1 }) {
                let row = Array(factors.row(expert))
                #expect(row.firstIndex(of: row.min() ?? 0) == model.column)
            }
        }
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

    private func calibration(_ model: OutlierModel) throws -> Calibration {
        try Calibration(
            model.decoder(), tokens: TinyModel.qwen3MoE.expected().tokens, window: 4)
    }
}
