import GenerateEngine
import MoE
import MoECheckpoint
import Testing

@Suite("A decoder's logits")
struct ParityTests {
    @Test("are those of transformers, at once and token by token", arguments: TinyModel.allCases)
    func parity(_ model: TinyModel) throws {
        let (tokens, wanted) = try model.expected()
        let decoder = try model.decoder(.float)
        let atOnce = try decoder.logits(of: tokens)
        let oneByOne = try decoder.logits(of: tokens, oneByOne: true)

        #expect(tokens.count >= 16)
        #expect(atOnce.greatestDifference(to: wanted) < 1e-5)
        #expect(oneByOne.greatestDifference(to: atOnce) < 1e-6)
    }

    @Test("with int8 experts have the same bits on every backend", arguments: TinyModel.allCases)
    func backends(_ model: TinyModel) throws {
        let tokens = try model.expected().tokens
        let reference = try model.decoder(.int8, backend: .reference)
        let wanted = try reference.logits(of: tokens)

        for status in BackendCatalog.all where status.available {
            let choice = ExpertChoice(.int8, backend: status.name, threads: 1)
            #expect(try reference.loading(choice).logits(of: tokens) == wanted, "\(status.name)")
        }
        #expect(try reference.logits(of: tokens, oneByOne: true) == wanted)
    }

    @Test("with int8 experts are near those of float ones", arguments: TinyModel.allCases)
    func int8(_ model: TinyModel) throws {
        let (tokens, wanted) = try model.expected()
        let found = try model.decoder(.int8).logits(of: tokens)

        let error = found.relativeL2(to: wanted)
        #expect(error > 1e-4 && error < 0.25)
    }
}
