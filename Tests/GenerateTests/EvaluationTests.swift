import Foundation
import GenerateEngine
import MoE
import MoECheckpoint
import Testing

@Suite("An evaluation")
struct EvaluationTests {
    private let model = TinyModel.qwen3MoE

    @Test("of one window is what the logits of the two decoders say")
    func figures() throws {
        let tokens = try model.expected().tokens
        let float = try model.decoder(.float), int8 = ExpertChoice(.int8, backend: .native)
        let evaluation = try Evaluation(
            float, candidates: [.init(float, int8)], tokens: tokens, window: 64, stride: 64)
        let p = try distributions(float, tokens), q = try distributions(float.loading(int8), tokens)
        let divergences = zip(p, q).map { p, q in
            zip(p, q).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
        }
        let surprise = q.enumerated().map { -log2($1[tokens[$0 + 1]]) }.reduce(0, +)

        let result = try #require(evaluation.results.first)
        let count = Double(tokens.count - 1)
        #expect(evaluation.count == tokens.count - 1)
        #expect(abs(result.figures.bitsPerByte - surprise / count) < 1e-6)
        #expect(abs(result.figures.meanDivergence - divergences.reduce(0, +) / count) < 1e-7)
        #expect(result.figures.meanDivergence > 1e-6)
        #expect(result.layerErrors.count == 3 && result.layerErrors.allSatisfy { $0 > 0 })
    }

    @Test("says how far the change in bits per byte may be off, from window to window")
    func standardError() throws {
        let tokens = try model.expected().tokens
        let float = try model.decoder(.float), choice = ExpertChoice(.int8, backend: .native)
        let evaluation = try Evaluation(
            float, candidates: [.init(float, choice)], tokens: tokens, window: 8, stride: 8)
        let int8 = try float.loading(choice)
        var wanted = 0.0, differences: [Double] = []
        for first in stride(from: 0, to: tokens.count - 1, by: 8) {
            let window = Array(tokens[first..<min(first + 9, tokens.count)])
            let surprises = try [float, int8].map { decoder in
                try distributions(decoder, window).enumerated()
                    .reduce(0) { $0 - log($1.element[window[$1.offset + 1]]) }
            }
            wanted += surprises[0]
            differences.append(surprises[1] - surprises[0])
        }
        let count = Double(differences.count), mean = differences.reduce(0, +) / count
        let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)

        let figures = try #require(evaluation.results.first?.figures)
        let error = 100 * (variance * count).squareRoot() / wanted
        #expect(error > 0 && abs(figures.bitsPerByteDeltaError / error - 1) < 1e-3)
        #expect(abs(figures.bitsPerByteDelta - 100 * mean * count / wanted) < error * 1e-3)
    }

    @Test("finds nothing where the experts are the yardstick's", arguments: TinyModel.allCases)
    func nothing(_ model: TinyModel) throws {
        let tokens = try model.expected().tokens, float = try model.decoder(.float)
        let evaluation = try Evaluation(
            float, candidates: [.init(float, ExpertChoice(.float, backend: .native))],
            tokens: tokens, window: 8, stride: 4, threads: 3)

        let result = try #require(evaluation.results.first)
        #expect(result.figures.meanDivergence == 0 && result.figures.divergenceP99 == 0)
        #expect(result.figures.topAgreement == 1 && result.figures.bitsPerByteDelta == 0)
    }

    @Test("has the same figures for int8 experts of every backend, and any number of threads")
    func backends() throws {
        let tokens = try model.expected().tokens, float = try model.decoder(.float)
        let candidates = Backends.available.map {
            Evaluation.Candidate(float, ExpertChoice(.int8, backend: $0))
        }
        let evaluations = try [1, 4].map {
            try Evaluation(
                float, candidates: candidates, tokens: tokens, window: 8, stride: 4, threads: $0)
        }
        let wanted = evaluations[0].results[0].divergences
        for result in evaluations.flatMap(\.results) { #expect(result.divergences == wanted) }
        #expect(wanted.count == tokens.count - 1)
    }

    @Test("counts every expert's rows, and none in a dense layer")
    func load() throws {
        let tokens = try model.expected().tokens, float = try model.decoder(.float)
        let load = try Evaluation(float, candidates: [], tokens: tokens).expertLoad

        #expect(load.map(\.count) == [6, 0, 6])
        for shares in load where !shares.isEmpty { #expect(abs(shares.reduce(0, +) - 1) < 1e-12) }
    }

    @Test("refuses a text without a token to predict")
    func refused() throws {
        let float = try model.decoder(.float)
        #expect(throws: EngineError.self) { try Evaluation(float, candidates: [], tokens: [1]) }
        #expect(throws: EngineError.self) {
            try Evaluation(float, candidates: [], tokens: [1, 2], window: 4, stride: 5)
        }
    }

    @Test("becomes a picture with a curve for int8 experts and a cell for every expert")
    func picture() throws {
        let tokens = try model.expected().tokens, float = try model.decoder(.float)
        let candidates = [ExpertFormat.float, .int8].map {
            Evaluation.Candidate(float, ExpertChoice($0, backend: .native))
        }
        let evaluation = try Evaluation(float, candidates: candidates, tokens: tokens)
        let svg = EvaluationPlot(evaluation, title: "a < b & c").svg

        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("a &lt; b &amp; c"))
        // One over the text, one over the layers; 2 layers of 6 experts.
        #expect(svg.components(separatedBy: "<polyline").count == 1 + 2)
        #expect(svg.components(separatedBy: "<title>").count == 1 + 12)
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }

    /// The next-token distributions of all positions but the last.
    private func distributions(_ decoder: Decoder, _ tokens: [Int]) throws -> [[Double]] {
        let logits = try decoder.logits(of: tokens)
        return (0..<tokens.count - 1).map { position in
            let powers = logits.row(position).map { exp(Double($0)) }
            let sum = powers.reduce(0, +)
            return powers.map { $0 / sum }
        }
    }
}
