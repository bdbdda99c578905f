import Foundation
import GenerateEngine
import MoE
import MoECheckpoint
import Testing

@Suite("A generated text")
struct GenerationTests {
    @Test(
        "of 256 tokens is the same on every backend, with int8 experts",
        arguments: TinyModel.allCases)
    func backends(_ model: TinyModel) throws {
        let reference = try model.decoder(.int8, backend: .reference)
        let wanted = try reference.generate([1, 2, 3], count: 256, sampler: Sampler()).tokens

        #expect(wanted.count == 256)
        for backend in Backends.available {
            for threads in [1, 2] {
                let decoder = try reference.loading(
                    ExpertChoice(.int8, backend: backend, threads: threads))
                let found = try decoder.generate([1, 2, 3], count: 256, sampler: Sampler()).tokens
                #expect(found == wanted, "\(backend), \(threads) threads")
            }
        }
    }

    @Test("is the same for the same seed, and another for another")
    func seeds() throws {
        let decoder = try TinyModel.qwen3MoE.decoder()
        let texts = try [UInt64(1), 1, 2].map { seed in
            try decoder.generate(
                [1, 2, 3], count: 40, sampler: Sampler(temperature: 1, topP: 0.9, seed: seed)
            ).tokens
        }
        #expect(texts[0] == texts[1])
        #expect(texts[0] != texts[2])
    }

    @Test("arrives token by token, as it is returned")
    func streaming() throws {
        var received: [Int] = []
        let generation = try TinyModel.olmoe.decoder().generate(
            [4], count: 9, sampler: Sampler()
        ) { received.append($0) }

        #expect(generation.tokens == received && received.count == 9)
        #expect(generation.promptCount == 1)
        #expect(generation.decodeExperts <= generation.decode)
    }

    @Test("needs a prompt, tokens that exist, and positions that the model has")
    func refused() throws {
        let decoder = try TinyModel.mixtral.decoder()
        for (prompt, count) in [([], 1), ([48], 1), ([-1], 1), ([1], 1024), ([1], -1), ([1], .max)]
        {
            #expect(throws: EngineError.self) {
                try decoder.generate(prompt, count: count, sampler: Sampler())
            }
        }
    }
}
