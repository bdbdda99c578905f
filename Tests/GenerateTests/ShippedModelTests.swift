import Foundation
import GenerateEngine
import MoE
import MoECheckpoint
import Testing

/// The trained model that the repository ships.
@Suite("The shipped model")
struct ShippedModelTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Models/byte-qwen3-moe").standardized.path

    @Test("loads with the sizes that its card states")
    func sizes() throws {
        let checkpoint = try Checkpoint(directory: Self.folder)
        let layer = try checkpoint.layer(3, experts: .float)
        let shape = try MoEBlock(layer).shape

        #expect(checkpoint.moeLayers == [0, 1, 2, 3])
        #expect(shape.hiddenSize == 256 && shape.expertWidth == 64 && shape.expertCount == 16)
    }

    @Test("has smooth factors beside it, of experts that the card counts")
    func smoothFactors() throws {
        let factors = try #require(try SmoothFactors.beside(model: Self.folder))
        #expect(factors.layers.values.flatMap(\.alphas).count { $0 > 0 } == 61)
        for (layer, factors) in factors.layers {
            #expect((0...3).contains(layer) && factors.alphas.count == 16)
            #expect(factors.matrix.rows == 16 && factors.matrix.columns == 64)
            #expect(factors.matrix.elements.allSatisfy { $0 > 0 && $0.isFinite })
        }
    }

    @Test("predicts Swift that it has not seen far better than chance", arguments: [true, false])
    func prediction(int8: Bool) throws {
        let text = try Data(contentsOf: URL(fileURLWithPath: Self.folder + "/heldout.txt"))
        let decoder = try Decoder(
            directory: Self.folder,
            experts: ExpertChoice(int8 ? .int8 : .float, backend: .native, threads: 1))
        let tokens = try #require(ByteVocabulary(decoder.configuration)).tokens(
            of: text.prefix(512))
        let logits = try decoder.logits(of: tokens)

        var nats: Float = 0
        for (position, next) in tokens.dropFirst().enumerated() {
            let row = logits.elements[position * logits.columns..<(position + 1) * logits.columns]
            let greatest = row.max() ?? 0
            let sum = row.reduce(Float(0)) { $0 + exp($1 - greatest) }
            nats += log(sum) + greatest - row[row.startIndex + next]
        }
        #expect(nats / Float(512) / log(2) < 3)  // a byte chosen blindly costs 8 bits
    }

    @Test("writes the same 256 bytes on every CPU backend", arguments: [false, true])
    func backends(withSmoothFactors: Bool) throws {
        let factors = withSmoothFactors ? try SmoothFactors.beside(model: Self.folder) : nil
        #expect((factors != nil) == withSmoothFactors)
        func choice(_ backend: BackendName) -> ExpertChoice {
            ExpertChoice(.int8, backend: backend, threads: 1, smooth: factors)
        }
        let native = try Decoder(directory: Self.folder, experts: choice(.native))
        let prompt = try #require(ByteVocabulary(native.configuration)).tokens(
            of: Array("func quicksort".utf8))
        let wanted = try native.generate(prompt, count: 256, sampler: Sampler()).tokens

        #expect(wanted.count == 256 && Set(wanted).count > 16)
        for backend in Backends.available where backend != .native && backend != .ascend {
            let other = try native.loading(choice(backend))
            let found = try other.generate(prompt, count: 256, sampler: Sampler()).tokens
            #expect(found == wanted, "\(backend)")
        }
    }
}
