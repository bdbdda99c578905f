import Foundation
import GenerateEngine
import MoE
import MoECheckpoint
import Testing

@Suite("Calibration")
struct CalibrationTests {
    @Test(
        "gives every expert one of the powers, and a layer factors where an expert's is not 0",
        arguments: TinyModel.allCases)
    func chosen(_ model: TinyModel) throws {
        let decoder = try model.decoder(.float)
        let calibration = try Calibration(decoder, texts: texts(of: decoder), window: 8)

        #expect(calibration.layers.map(\.layer) == decoder.checkpoint.moeLayers)
        for layer in calibration.layers {
            #expect(Set(layer.alphas).isSubset(of: [0] + Calibration.alphas))
            #expect(layer.alphas.contains { $0 > 0 } || !layer.isKept)
            let factors = calibration.factors.layers[layer.layer]
            #expect((factors != nil) == layer.isKept)
            guard let factors else { continue }
            #expect(factors.alphas == layer.alphas)
            for (expert, alpha) in layer.alphas.enumerated() where alpha == 0 {
                #expect(factors.matrix.row(expert).allSatisfy { $0 == 1 })
            }
        }
    }

    @Test(
        "keeps factors only where no figure of the model is worse for them",
        arguments: TinyModel.allCases)
    func kept(_ model: TinyModel) throws {
        let decoder = try model.decoder(.float)
        let calibration = try Calibration(decoder, texts: texts(of: decoder), window: 8)

        #expect((calibration.smoothed == nil) == calibration.factors.layers.isEmpty)
        guard let smoothed = calibration.smoothed else { return }
        #expect(smoothed.bitsPerByte <= calibration.plain.bitsPerByte)
        #expect(smoothed.meanDivergence < calibration.plain.meanDivergence)
        #expect(smoothed.topAgreement >= calibration.plain.topAgreement)
    }

    @Test("judges the int8 experts of all layers on windows that neither found factors nor chose")
    func unseen() throws {
        let decoder = try TinyModel.qwen3MoE.decoder(.float)
        let tokens = Array(try texts(of: decoder)[0].prefix(3 * 8 + 1))
        let calibration = try Calibration(decoder, texts: [tokens], window: 8)
        let evaluation = try Evaluation(
            decoder, candidates: [.init(decoder, ExpertChoice(.int8))],
            tokens: Array(tokens[16...]), window: 8, stride: 8)

        let figures = try #require(evaluation.results.first?.figures)
        #expect(calibration.plain.bitsPerByte == figures.bitsPerByte)
        #expect(calibration.plain.meanDivergence == figures.meanDivergence)
        // One window says nothing about how much windows differ.
        #expect(calibration.smoothed == nil && calibration.factors.layers.isEmpty)
    }

    @Test("chooses factors with which int8 is less surprised at every kind of text")
    func everyText() throws {
        let model = try OutlierModel(of: .qwen3MoE, column: 3, scale: 512)
        defer { model.remove() }
        let float = try model.decoder(), texts = try texts(of: float, windows: 192)
        let calibration = try Calibration(float, texts: texts, window: 8)
        let candidates = [nil, calibration.factors].map {
            Evaluation.Candidate(float, ExpertChoice(.int8, backend: .native, smooth: $0))
        }
        #expect(calibration.layers.allSatisfy { $0.isKept })
        for text in texts {
            var surprises = [0.0, 0.0]
            // Of four windows the second and the fourth choose.
            for first in stride(from: 8, to: text.count - 1, by: 16) {
                let window = Array(text[first..<min(first + 9, text.count)])
                let results = try Evaluation(float, candidates: candidates, tokens: window).results
                for (place, result) in results.enumerated() {
                    surprises[place] += result.figures.bitsPerByte * Double(window.count - 1)
                }
            }
            #expect(surprises[1] < surprises[0])
        }
    }

    @Test("writes factors that are read as they were")
    func file() throws {
        let model = try OutlierModel(of: .qwen3MoE, column: 3, scale: 512)
        defer { model.remove() }
        let factors = try calibration(model).factors
        let path = model.folder + "/" + SmoothFactors.fileName
        try factors.write(to: path)
        let read = try #require(try SmoothFactors.beside(model: model.folder))

        #expect(!read.layers.isEmpty && read.layers.keys == factors.layers.keys)
        for (layer, factors) in factors.layers {
            #expect(read.layers[layer]?.matrix == factors.matrix)
            #expect(read.layers[layer]?.alphas == factors.alphas)
            #expect(factors.matrix.elements.allSatisfy { $0 > 0 && $0.isFinite })
        }
    }

    @Test("gives a decoder whose logits have the same bits on every backend")
    func backends() throws {
        let model = try OutlierModel(of: .qwen3MoE, column: 3, scale: 512)
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
        let model = try OutlierModel(of: .qwen3MoE, column: 3, scale: 512)
        defer { model.remove() }
        let calibration = try calibration(model)

        let smoothed = try #require(calibration.smoothed)
        #expect(calibration.layers.map(\.layer) == [0, 2])
        #expect(smoothed.meanDivergence < calibration.plain.meanDivergence / 4)
        for factors in calibration.factors.layers.values.map(\.matrix) {
            // Of an expert without rows nothing is known.
            for expert in 0..<factors.rows where factors.row(expert).contains(where: { $0 != 1 }) {
                let row = Array(factors.row(expert))
                #expect(row.firstIndex(of: row.min() ?? 0) == model.column)
            }
        }
    }

    @Test("refuses int8 experts, no text, and one of fewer than three windows")
    func refused() throws {
        let int8 = try TinyModel.mixtral.decoder(.int8),
            float = try TinyModel.mixtral.decoder(.float)
        let text = [Int](repeating: 1, count: 17)
        #expect(throws: EngineError.self) { try Calibration(int8, texts: [text], window: 4) }
        for texts in [[], [[]], [text, [1, 2]], [text]] {
            #expect(throws: EngineError.self) { try Calibration(float, texts: texts, window: 8) }
        }
    }

    @Test("a file that holds other tensors is refused, and the message names one")
    func otherFile() {
        let path = TinyModel.mixtral.folder + "/expected.safetensors"
        let error = #expect(throws: CheckpointError.self) { try SmoothFactors(reading: path) }
        #expect(error?.message.contains("wanted model.layers.0.mlp.experts.quant_scale") == true)
    }

    private func calibration(_ model: OutlierModel) throws -> Calibration {
        let decoder = try model.decoder()
        return try Calibration(decoder, texts: texts(of: decoder, windows: 192), window: 8)
    }

    /// Two texts that a model writes, in windows of 8 tokens that know nothing of those before.
    private func texts(of decoder: Decoder, windows: Int = 64) throws -> [[Int]] {
        try (0..<2).map { text in
            var tokens = [1]
            for window in 0..<windows {
                let seed = UInt64(text * windows + window)
                tokens += try decoder.generate(
                    [tokens[tokens.count - 1]], count: 8,
                    sampler: Sampler(temperature: 1, seed: seed)
                ).tokens
            }
            return tokens
        }
    }
}
