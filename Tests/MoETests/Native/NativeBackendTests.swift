import MoE
import MoETestSupport
import Testing

/// Whole blocks on the native backend, for every kernel, beside the reference.
@Suite("The native backend")
struct NativeBackendTests {
    private func blocks(
        _ layer: MoELayer, _ kernel: GemmKernel, threads: Int = 2
    ) throws -> (native: MoEBlock, reference: MoEBlock) {
        let reference = try BackendCatalog.backend(.reference).backend
        return (
            try MoEBlock(
                layer, backend: NativeBackend(kernel: kernel), threads: threads),
            try MoEBlock(layer, backend: reference, threads: threads)
        )
    }

    // One row, few rows, all of a token's experts, blocks of rows, several blocks of tokens.
    @Test(
        "has the reference's bits under every plan, without a gate too",
        arguments: GemmKernel.available, [1, 6, 70, 500, 1300])
    func plans(_ kernel: GemmKernel, tokens: Int) throws {
        for activation in [Activation.swiGLU, .squaredReLU] {
            let random = RandomLayer(
                tokens: tokens, hidden: 70, width: 37, experts: 40, topK: 4, sharedWidth: 53,
                isGated: activation.isGated)
            var layer = try random.layer()
            layer.activation = activation
            let input = try random.input(), (native, reference) = try blocks(layer, kernel)

            let found = try native.forward(input), wanted = try reference.forward(input)

            #expect(found.output == wanted.output)
            #expect(found.routedOutput == wanted.routedOutput)
            #expect(found.sharedOutput == wanted.sharedOutput)
        }
    }

    // Kept rows of several thousand, and two blocks of tokens with more rows than few experts have.
    @Test(
        "has them with hundreds of experts", arguments: GemmKernel.available, [2000, 6000])
    func manyExperts(_ kernel: GemmKernel, tokens: Int) throws {
        let random = RandomLayer(tokens: tokens, hidden: 33, width: 17, experts: 300, topK: 2)
        let (native, reference) = try blocks(random.layer(), kernel), input = try random.input()

        #expect(try native.forward(input).output == reference.forward(input).output)
    }

    @Test(
        "has them for every activation, with biases and without", arguments: GemmKernel.available,
        [
            Activation.swiGLU, .clampedSwiGLU(ClampedSwiGLU(limit: 0.5)),
            .swiGLUClampedAfter(limit: 0.5), .geluTanh,
            .softcappedSwiGLU(gateCap: 0.5, upCap: 2), .squaredReLU,
        ])
    func activations(_ kernel: GemmKernel, activation: Activation) throws {
        let random = RandomLayer(
            tokens: 21, hidden: 96, width: 50, experts: 3, topK: 2, isGated: activation.isGated)
        var layer = try random.layer()
        layer.activation = activation
        guard case .int8(var experts) = layer.experts else { return }
        var numbers = SeededRandom(3)
        for biased in [false, true] {
            if biased {
                // The last expert stays without, beside others that have them.
                for index in 0..<2 {
                    experts[index].gateUpBias = numbers.normals(
                        activation.isGated ? 100 : 50, scale: 0.2)
                    experts[index].downBias = numbers.normals(96, scale: 0.2)
                }
                layer.experts = .int8(experts)
            }
            let input = try random.input()
            let (native, reference) = try blocks(layer, kernel)

            let found = try native.forward(input), wanted = try reference.forward(input)

            #expect(found.output == wanted.output, "biased: \(biased)")
        }
    }

    @Test("multiplies groups exactly, empty ones among them", arguments: GemmKernel.available)
    func grouped(_ kernel: GemmKernel) throws {
        var random = SeededRandom(11)
        let counts: [Int64] = [0, 3, 0, 0, 150, 1, 0]
        for (depth, columns) in [(1, 1), (3, 50), (65, 7), (130, 100)] {
            let x = try Matrix(
                rows: 160, columns: depth,
                elements: (0..<160 * depth).map { _ in random.int8() })
            let weights = try counts.map { _ in
                try Matrix(
                    rows: columns, columns: depth,
                    elements: (0..<columns * depth).map { _ in random.int8() })
            }
            let groups = try GroupIndex(counts: counts)
            let reference = try BackendCatalog.backend(.reference).backend

            let found = try groupedMatmul(
                x, weights, groups: groups,
                backend: NativeBackend(kernel: kernel))

            #expect(
                try found == groupedMatmul(x, weights, groups: groups, backend: reference))
        }
    }

    @Test("is the catalog's for int8 experts, and says which one computes float experts")
    func floatExperts() throws {
        let random = RandomLayer()
        var layer = try random.layer()
        guard case .int8(let experts) = layer.experts else { return }
        layer.experts = .float(
            try experts.map { expert in
                Expert(gateUp: try widened(expert.gateUp), down: try widened(expert.down))
            })
        let native = try BackendCatalog.backend(.native).backend

        let other = try MoEBlock(layer, backend: native).backendName
        #expect(try MoEBlock(random.layer(), backend: native).backendName == "native")
        #expect(other == "openblas" || other == "reference")
        #expect(throws: MoEError.self) { try MoEBlock(layer, backend: NativeBackend()) }
    }

    private func widened(_ matrix: QuantizedMatrix) throws -> Matrix<Float> {
        let columns = matrix.values.columns
        return try Matrix(
            rows: matrix.values.rows, columns: columns,
            elements: matrix.values.elements.enumerated().map {
                Float($0.element) * matrix.scale[$0.offset / columns]
            })
    }
}
