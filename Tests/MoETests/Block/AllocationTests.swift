import MoE
import MoETestSupport
import PassCounters
import Testing

/// Alone in its suite and serialised: other tests in the process would allocate meanwhile.
@Suite("A steady forward pass", .serialized, .enabled(if: allocation_counter_works()))
struct AllocationTests {
    static let backends = BackendCatalog.all.filter(\.available).map(\.name)

    @Test("allocates nothing once the workspace has grown", arguments: backends, [1, 2])
    func steady(_ backend: BackendName, threads: Int) throws {
        let random = RandomLayer(tokens: 40, experts: 16, topK: 4, sharedWidth: 24)
        try expectNoAllocation(of: random.layer(), random.input(), backend, threads)
    }

    @Test("in a latent width allocates nothing either", arguments: backends, [1, 2])
    func latent(_ backend: BackendName, threads: Int) throws {
        let random = LatentLayer(tokens: 40)
        try expectNoAllocation(of: random.layer(), random.input(), backend, threads)
    }

    private func expectNoAllocation(
        of layer: MoELayer, _ input: Matrix<Float>, _ backend: BackendName, _ threads: Int
    ) throws {
        let block = try MoEBlock(
            layer, backend: BackendCatalog.backend(backend).backend, threads: threads)
        var workspace = block.makeWorkspace()
        for _ in 0..<3 { try block.forward(input.elements.span, in: &workspace) }

        // Tests run side by side in one process, and some of them allocate: the least of many
        // passes is what the pass itself takes.
        var least = UInt64.max
        for _ in 0..<200 {
            let before = allocation_count()
            try block.forward(input.elements.span, in: &workspace)
            least = min(least, allocation_count() - before)
        }

        #expect(least == 0)
    }
}
