import MoE
import MoETestSupport
import Testing

@Suite("A layer whose parts do not fit")
struct LayerValidationTests {
    @Test("is refused, and the message names the part")
    func parts() throws {
        let good = try RandomLayer(sharedWidth: 24).layer()
        let other = try RandomLayer(hidden: 32, sharedWidth: 24).layer()

        expect("router: weight [8, 32]") {
            var layer = good
            layer.router.weight = other.router.weight
            return layer
        }
        expect("correction bias has 3 values for 8 experts") {
            var layer = good
            layer.router.correctionBias = [1, 2, 3]
            return layer
        }
        expect("shared expert: hidden size 32") {
            var layer = good
            layer.shared = other.shared
            return layer
        }
        expect("shared expert: gate [2]") {
            var layer = good
            layer.shared?.gate = [1, 2]
            return layer
        }
        expect("experts: there are none") {
            var layer = good
            layer.experts = .int8([])
            return layer
        }
        expect("experts[1]: gate·up [80, 32]") {
            var layer = good
            if case .int8(let these) = good.experts, case .int8(let others) = other.experts {
                layer.experts = .int8([these[0], others[1]] + these.dropFirst(2))
            }
            return layer
        }
        expect("float beside int8 experts") {
            var layer = good
            layer.shared?.experts = .float([
                Expert(
                    gateUp: Matrix(rows: 2, columns: 48, repeating: 0),
                    down: Matrix(rows: 48, columns: 1, repeating: 0))
            ])
            return layer
        }
    }

    @Test("is refused where int32 sums could overflow")
    func depth() throws {
        let width = 131_073
        let gateUp = try QuantizedMatrix(
            values: Matrix(rows: 2 * width, columns: 1, repeating: 0),
            scale: Array(repeating: 0, count: 2 * width))
        let down = try QuantizedMatrix(
            values: Matrix(rows: 1, columns: width, repeating: 0), scale: [0])

        expect("H = 131073") {
            MoELayer(
                router: Router(
                    configuration: RouterConfiguration(topK: 1, score: .softmax),
                    weight: Matrix(rows: 1, columns: 1, repeating: 0)),
                experts: .int8([Expert(gateUp: gateUp, down: down)]))
        }
    }

    private func expect(
        _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ layer: () -> MoELayer
    ) {
        let error = #expect(throws: MoEError.self, sourceLocation: sourceLocation) {
            try MoEBlock(layer())
        }
        #expect(
            error?.message.contains(message) == true, "\(error?.message ?? "no error")",
            sourceLocation: sourceLocation)
    }
}
