import MoE
import MoETestSupport
import Testing

@Suite("Outputs held against what rounding allows them")
struct OutputComparisonTests {
    /// Layers with all that a block may have after its experts.
    enum Kind: String, CaseIterable, Sendable {
        case plain, shared, latent, identity, biased
    }

    private func layer(_ kind: Kind, seed: UInt64 = 3) throws -> MoELayer {
        let random = RandomLayer(
            hidden: 32, width: 24, experts: 5, topK: 3, sharedWidth: kind == .shared ? 40 : nil,
            seed: seed)
        var layer = try random.layer(), numbers = SeededRandom(seed)
        switch kind {
        case .plain: break
        case .shared: layer.shared?.scale = 0.7
        case .latent:
            layer.router.weight = try Matrix(
                rows: 5, columns: 64, elements: numbers.normals(5 * 64, scale: 0.2))
            layer.latent = LatentProjections(
                compression: try Matrix(
                    rows: 32, columns: 64, elements: numbers.normals(32 * 64, scale: 0.1)),
                expansion: try Matrix(
                    rows: 64, columns: 32, elements: numbers.normals(64 * 32, scale: 0.1)))
        case .identity:
            layer.router.weight = try Matrix(
                rows: 7, columns: 32, elements: numbers.normals(7 * 32, scale: 0.2))
        case .biased:
            try change(&layer) { $0.downBias = numbers.normals(32) }
        }
        return layer
    }

    private func change(
        _ layer: inout MoELayer, _ body: (inout Expert<QuantizedMatrix>) throws -> Void
    ) throws {
        guard case .int8(var experts) = layer.experts else { return }
        for index in experts.indices { try body(&experts[index]) }
        layer.experts = .int8(experts)
    }

    private func trace(
        _ layer: MoELayer, tokens: Int, on backend: BackendName = .reference
    ) throws -> BlockTrace {
        let width = layer.router.weight.columns
        var random = SeededRandom(UInt64(tokens))
        let input = try Matrix(
            rows: tokens, columns: width, elements: random.normals(tokens * width))
        let chosen = try BackendCatalog.backend(backend).backend
        return try MoEBlock(layer, backend: chosen, threads: 1).trace(input)
    }

    @Test("are near enough on two CPU backends", arguments: Kind.allCases)
    func backends(kind: Kind) throws {
        for tokens in [1, 6] {
            let layer = try layer(kind)
            let outputs = OutputComparison(
                of: try trace(layer, tokens: tokens, on: .native),
                with: try trace(layer, tokens: tokens), layer: layer)
            #expect(outputs.greatest <= 1, "\(outputs)")
            #expect((outputs.shared != nil) == (kind == .shared))
        }
    }

    @Test("are no farther where integers before them differ", arguments: Kind.allCases)
    func carried(kind: Kind) throws {
        let layer = try layer(kind)
        var other = layer
        // Other rows, and so other integers and scales after the activation, almost everywhere.
        try change(&other) { expert in
            let values = expert.gateUp.values
            expert.gateUp = try QuantizedMatrix(
                values: Matrix(
                    rows: values.rows, columns: values.columns,
                    elements: values.elements.map { $0 == 127 ? 126 : $0 + 1 }),
                scale: expert.gateUp.scale)
        }
        let found = try trace(other, tokens: 6), wanted = try trace(layer, tokens: 6)
        #expect(found.routed.activated.values != wanted.routed.activated.values)
        let outputs = OutputComparison(of: found, with: wanted, layer: layer)
        #expect(outputs.greatest <= 1, "\(outputs)")
    }

    @Test("are too far where a scale is off by a few last bits", arguments: Kind.allCases)
    func seen(kind: Kind) throws {
        let layer = try layer(kind)
        var other = layer
        try change(&other) { expert in
            var scale = expert.down.scale
            scale[3] *= 1 + 0x1p-19
            expert.down = try QuantizedMatrix(values: expert.down.values, scale: scale)
        }
        let outputs = OutputComparison(
            of: try trace(other, tokens: 6), with: try trace(layer, tokens: 6), layer: layer)
        #expect(outputs.down > 1, "\(outputs)")
    }

    @Test("are too far where the sum takes other weights than it should")
    func weights() throws {
        let layer = try layer(.shared)
        var other = layer
        other.shared?.scale *= 1 + 0x1p-19
        let outputs = OutputComparison(
            of: try trace(other, tokens: 6), with: try trace(layer, tokens: 6), layer: layer)
        #expect(outputs.combine <= 1 && (outputs.shared ?? 0) > 1, "\(outputs)")
    }

    @Test("of NaN agree with NaN and with nothing else")
    func notANumber() throws {
        let layer = try layer(.plain)
        func trace(_ value: Float) throws -> BlockTrace {
            let input = Matrix(rows: 2, columns: 32, repeating: value)
            let backend = try BackendCatalog.backend(.reference).backend
            return try MoEBlock(layer, backend: backend, threads: 1).trace(input)
        }
        let broken = try trace(.nan), whole = try trace(1)
        func compare(_ found: BlockTrace, _ wanted: BlockTrace) -> Double {
            OutputComparison(of: found, with: wanted, layer: layer).greatest
        }
        #expect(compare(broken, broken) == 0)
        #expect(!(compare(broken, whole) <= 1))
    }
}
