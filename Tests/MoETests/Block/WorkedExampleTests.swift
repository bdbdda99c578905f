import MoE
import Testing

/// Three tokens by hand: D = 4, H = 2, E = 3, k = 2; a zero token among them, and a tie.
@Suite("The worked example")
struct WorkedExampleTests {
    static let hidden: [Float] = [1, -2, 0.5, 4, 0, 0, 0, 0, -1, 3, 2.5, -0.25]

    static func layer() throws -> MoELayer {
        // Weights of eighths and quarters quantise as the comments of each expert say.
        func expert(
            _ gateUp: [Int8], _ gateUpScale: [Float], _ down: [Int8], _ downScale: [Float]
        ) throws -> Expert<QuantizedMatrix> {
            Expert(
                gateUp: try QuantizedMatrix(
                    values: Matrix(rows: 4, columns: 4, elements: gateUp), scale: gateUpScale),
                down: try QuantizedMatrix(
                    values: Matrix(rows: 4, columns: 2, elements: down), scale: downScale))
        }
        let one: Float = 1 / 127, half: Float = 0.5 / 127, threeQuarters: Float = 0.75 / 127
        return MoELayer(
            router: Router(
                configuration: RouterConfiguration(
                    topK: 2, score: .softmax, renormalization: .sum(epsilon: 0)),
                weight: try Matrix(
                    rows: 3, columns: 4,
                    elements: [1, 0, 0, 0.5, 0, 1, 0, 0, 0, 0, 1, -0.5])),
            experts: .int8([
                try expert(
                    [127, 64, -32, 16, 64, -127, 32, 95, 64, 0, 64, -127, 127, 127, -127, 64],
                    [one, one, one, one],
                    [127, -64, 32, 127, -127, 95, 127, 127], [one, one, one, half]),
                try expert(
                    [-64, 127, 0, 32, 95, 32, -64, 127, 127, -64, 64, 0, 32, -32, 127, 64],
                    [one, one, one, one],
                    [64, 127, -127, 32, 127, -85, 127, 127], [one, one, threeQuarters, one]),
                try expert(
                    [127, 127, 127, 127, 127, -127, 0, 32, 0, 127, -127, 64, -95, 64, 32, 127],
                    [half, one, one, one],
                    [-32, 127, 127, 64, 64, -127, 127, 42], [one, one, one, threeQuarters]),
            ]))
    }

    @Test("routes to the lower index where scores tie", arguments: [BackendName.reference, .auto])
    func routing(_ backend: BackendName) throws {
        let result = try run(backend)

        #expect(result.experts.elements == [0, 2, 0, 1, 1, 2])
        let weights: [Float] = [0.9890131, 0.010986943, 0.5, 0.5, 0.5926666, 0.4073334]
        for (found, wanted) in zip(result.weights.elements, weights) {
            #expect(abs(found - wanted) < 1e-6)
        }
        #expect(result.groupIndex.counts == [2, 2, 2])
    }

    @Test("gives the output computed by hand", arguments: [BackendName.reference, .auto])
    func output(_ backend: BackendName) throws {
        let wanted: [Float] = [
            -2.01374, 2.6681225, 2.6957605, 1.0675371, 0, 0, 0, 0,
            -1.5910499, 2.6413977, -1.514773, -2.4678526,
        ]

        let found = try run(backend).output.elements

        for (found, wanted) in zip(found, wanted) {
            #expect(abs(found - wanted) <= 2e-6 * max(1, abs(wanted)))
        }
    }

    private func run(_ backend: BackendName) throws -> MoEOutput {
        let block = try MoEBlock(
            Self.layer(), backend: BackendCatalog.backend(backend).backend, threads: 2)
        return try block.forward(Matrix(rows: 3, columns: 4, elements: Self.hidden))
    }
}
