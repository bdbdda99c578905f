import GenerateEngine
import MoE
import MoECheckpoint
import Testing

@Suite("Gradients of a text's surprise")
struct GradientTests {
    @Test("are those of transformers, behind every layer", arguments: TinyModel.allCases)
    func parity(_ model: TinyModel) throws {
        let file = try SafetensorsFile(opening: model.folder + "/expected.safetensors")
        let expected = try file.tensor("gradients"), shape = expected.shape
        let elements = try #require(expected.floats()), count = shape[1] * shape[2]
        let found = try model.decoder(.float).surpriseGradients(of: model.expected().tokens)

        #expect(found.count == shape[0])
        for (layer, gradients) in found.enumerated() {
            let wanted = try Matrix(
                rows: shape[1], columns: shape[2],
                elements: Array(elements[layer * count..<(layer + 1) * count]))
            #expect(gradients.relativeL2(to: wanted) < 1e-5, "layer \(layer)")
        }
    }

    @Test("need float experts, and a token to predict")
    func refused() throws {
        #expect(throws: EngineError.self) {
            try TinyModel.olmoe.decoder(.int8).surpriseGradients(of: [1, 2])
        }
        #expect(throws: EngineError.self) {
            try TinyModel.olmoe.decoder(.float).surpriseGradients(of: [1])
        }
    }
}
