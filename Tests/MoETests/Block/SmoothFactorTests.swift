import MoE
import MoETestSupport
import Testing

/// Factors that activated rows are multiplied by, and columns of the down-projection divided by.
@Suite("Smooth factors")
struct SmoothFactorTests {
    private let random = RandomLayer(
        tokens: 21, hidden: 70, width: 37, experts: 5, topK: 2, sharedWidth: 24)

    /// A layer with float experts of normal weights.
    private func floatLayer() throws -> MoELayer {
        var layer = try random.layer(), numbers = SeededRandom(5)
        layer.shared = nil
        layer.experts = .float(
            try (0..<5).map { _ in
                Expert(
                    gateUp: try Matrix(
                        rows: 74, columns: 70, elements: numbers.normals(74 * 70, scale: 0.1)),
                    down: try Matrix(
                        rows: 70, columns: 37, elements: numbers.normals(70 * 37, scale: 0.1)))
            })
        return layer
    }

    private func output(
        _ smooth: Matrix<Float>?, backend: BackendName = .reference
    ) throws -> Matrix<Float> {
        var layer = try floatLayer()
        layer.experts = try layer.experts.quantized(smooth: smooth)
        let backend = try BackendCatalog.backend(backend).backend
        return try MoEBlock(layer, backend: backend, threads: 2).forward(random.input()).output
    }

    /// Different factors for every expert and column.
    private func factors(_ value: (Int) -> Float) throws -> Matrix<Float> {
        try Matrix(rows: 5, columns: 37, elements: (0..<5 * 37).map(value))
    }

    @Test("of one power of two for all columns change no bit")
    func powersOfTwo() throws {
        let plain = try output(nil)
        #expect(try output(factors { [0.25, 1, 2, 8, 64][$0 / 37] }) == plain)
    }

    @Test("leave the result what it was, but for rounding")
    func folded() throws {
        let plain = try output(nil), smooth = try output(factors { 0.5 + Float($0 % 7) / 4 })
        let float = try MoEBlock(floatLayer()).forward(random.input()).output

        #expect(smooth != plain)
        #expect(relativeL2(plain, float) < 0.03)
        #expect(relativeL2(smooth, float) < 0.03)
    }

    @Test("give the same bits on every backend", arguments: [1, 21, 400])
    func backends(tokens: Int) throws {
        var layer = try floatLayer()
        layer.experts = try layer.experts.quantized(smooth: factors { 0.5 + Float($0 % 7) / 4 })
        let input = try random.input(tokens: tokens)
        let outputs = try BackendCatalog.all.filter(\.available).map {
            try MoEBlock(layer, backend: BackendCatalog.backend($0.name).backend, threads: 2)
                .forward(input).output
        }
        for output in outputs { #expect(output == outputs[0]) }
    }

    @Test("that do not fit or are not above 0 are refused, and the message says which")
    func refused() throws {
        let float = try floatLayer().experts
        expect("[4, 37], wanted one row for each of 5") {
            _ = try float.quantized(smooth: Matrix(rows: 4, columns: 37, repeating: 1))
        }
        expect("experts[0]: smooth factors [36], wanted [37]") {
            _ = try float.quantized(smooth: Matrix(rows: 5, columns: 36, repeating: 1))
        }
        for bad in [0, -1, Float.nan, .infinity] {
            expect("experts[1]: smooth factor 3 is") {
                _ = try float.quantized(smooth: factors { $0 == 40 ? bad : 1 })
            }
        }
        expect("int8 already") { _ = try float.quantized().quantized() }
        expect("smooth factors on float weights") {
            var layer = try floatLayer()
            guard case .float(var experts) = layer.experts else { return }
            experts[2].smooth = Array(repeating: 1, count: 37)
            layer.experts = .float(experts)
            _ = try MoEBlock(layer)
        }
    }

    private func expect(_ part: String, _ body: () throws -> Void) {
        let error = #expect(throws: MoEError.self) { try body() }
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "no error")")
    }

    private func relativeL2(_ a: Matrix<Float>, _ b: Matrix<Float>) -> Float {
        let difference = zip(a.elements, b.elements).reduce(Float(0)) {
            $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
        }
        return (difference / b.elements.reduce(0) { $0 + $1 * $1 }).squareRoot()
    }
}
