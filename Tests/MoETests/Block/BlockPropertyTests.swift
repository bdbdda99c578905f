import MoE
import MoETestSupport
import Testing

/// What holds for every layer, backend and batch, whatever the numbers are.
@Suite("Every block")
struct BlockPropertyTests {
    static let backends = BackendCatalog.all.filter(\.available).map(\.name)

    private func block(
        _ layer: MoELayer, _ backend: BackendName, threads: Int = 2
    ) throws -> MoEBlock {
        try MoEBlock(layer, backend: BackendCatalog.backend(backend).backend, threads: threads)
    }

    @Test("has the same bits for every number of threads", arguments: backends, [2, 3, 8, 300])
    func threads(_ backend: BackendName, threads: Int) throws {
        let random = RandomLayer(tokens: 61, sharedWidth: 24)
        let layer = try random.layer(), input = try random.input()

        let one = try block(layer, backend, threads: 1).forward(input)
        let many = try block(layer, backend, threads: threads).forward(input)

        #expect(one.output == many.output)
        #expect(one.sharedOutput == many.sharedOutput)
    }

    @Test("gives a token the same row alone as in a batch", arguments: backends)
    func batch(_ backend: BackendName) throws {
        let random = RandomLayer(tokens: 37, sharedWidth: 24)
        let block = try block(random.layer(), backend)
        let input = try random.input()
        let together = try block.forward(input)

        for token in 0..<input.rows {
            let alone = try block.forward(
                Matrix(rows: 1, columns: input.columns, elements: Array(input.row(token))))
            #expect(Array(together.output.row(token)) == alone.output.elements)
            #expect(Array(together.experts.row(token)) == alone.experts.elements)
        }
    }

    @Test("keeps a NaN or infinite token to itself", arguments: backends, [Float.nan, .infinity])
    func nonFinite(_ backend: BackendName, value: Float) throws {
        let random = RandomLayer(tokens: 9, sharedWidth: 24)
        let block = try block(random.layer(), backend)
        let clean = try random.input()
        var spoilt = clean
        spoilt[4, 3] = value

        let before = try block.forward(clean).output
        let after = try block.forward(spoilt)

        for token in 0..<9 where token != 4 {
            #expect(Array(after.output.row(token)) == Array(before.row(token)))
        }
        #expect(after.output.row(4).allSatisfy { $0.isNaN })
        let chosen = Set(after.experts.row(4))
        #expect(chosen.count == block.topK && chosen.allSatisfy { (0..<8).contains($0) })
    }

    @Test("takes no tokens at all, and again some", arguments: backends)
    func noTokens(_ backend: BackendName) throws {
        let random = RandomLayer(sharedWidth: 24)
        let block = try block(random.layer(), backend)
        var workspace = block.makeWorkspace()

        try block.forward(random.input(), in: &workspace)
        let first = workspace.results
        try block.forward(random.input(tokens: 0), in: &workspace)
        let empty = workspace.results
        try block.forward(random.input(), in: &workspace)

        #expect(empty.output.rows == 0 && empty.sharedOutput?.rows == 0)
        #expect(empty.groupIndex.counts == Array(repeating: 0, count: 8))
        #expect(workspace.results.output == first.output)
    }

    @Test("sends a token to all experts where k is their number", arguments: backends)
    func everyExpert(_ backend: BackendName) throws {
        let random = RandomLayer(experts: 5, topK: 5)
        let result = try block(random.layer(), backend).forward(random.input())

        #expect(result.groupIndex.counts == [7, 7, 7, 7, 7])
        for token in 0..<7 { #expect(Set(result.experts.row(token)) == [0, 1, 2, 3, 4]) }
    }

    @Test("computes all tokens on one expert, the others empty", arguments: backends)
    func oneExpert(_ backend: BackendName) throws {
        let random = RandomLayer(tokens: 300, topK: 1)
        var layer = try random.layer()
        layer.router.correctionBias = [0, 0, 0, 9, 0, 0, 0, 0]

        let result = try block(layer, backend).forward(random.input())

        #expect(result.groupIndex.counts == [0, 0, 0, 300, 0, 0, 0, 0])
        let reference = try block(layer, .reference).forward(random.input())
        #expect(result.output == reference.output)
    }

    @Test("has the same bits on every backend with int8 experts", arguments: backends)
    func backendsAgree(_ backend: BackendName) throws {
        // Deeper than one float32 block of the OpenBLAS path, and wider than one tile.
        let random = RandomLayer(
            tokens: 33, hidden: 1100, width: 150, experts: 4, sharedWidth: 1030)
        let layer = try random.layer(), input = try random.input()

        let found = try block(layer, backend).forward(input)
        let wanted = try block(layer, .reference).forward(input)

        #expect(found.output == wanted.output)
        #expect(found.routedOutput == wanted.routedOutput)
        #expect(found.sharedOutput == wanted.sharedOutput)
    }

    @Test("adds the token itself for an identity expert", arguments: backends)
    func identityExperts(_ backend: BackendName) throws {
        let random = RandomLayer(experts: 6, topK: 3)
        var layer = try random.layer()
        guard case .int8(let experts) = layer.experts else { return }
        layer.experts = .int8(Array(experts.prefix(4)))
        layer.router.correctionBias = [0, 0, 0, 0, 0, 9]

        let result = try block(layer, backend).forward(random.input())

        #expect(result.groupIndex.counts.count == 4)
        #expect(result.groupIndex.rowCount < 7 * 3)
        for token in 0..<7 { #expect(result.experts[token, 0] == 5) }
    }

    @Test("refuses a workspace of other sizes and rows of another width")
    func mismatches() throws {
        let random = RandomLayer()
        let block = try block(random.layer(), .reference)
        var other = try self.block(RandomLayer(hidden: 32).layer(), .reference).makeWorkspace()

        let narrow = Matrix<Float>(rows: 1, columns: 47, repeating: 0)
        let input = try random.input()

        #expect(throws: MoEError.self) { try block.forward(narrow) }
        #expect(throws: MoEError.self) { try block.forward(input, in: &other) }
    }

    @Test("computes in two threads of the program at once")
    func concurrently() async throws {
        let random = RandomLayer(tokens: 40, sharedWidth: 24)
        let block = try block(random.layer(), .auto, threads: 4)
        let input = try random.input()
        let wanted = try block.forward(input).output

        try await withThrowingTaskGroup(of: Matrix<Float>.self) { group in
            for _ in 0..<16 { group.addTask { try block.forward(input).output } }
            for try await output in group { #expect(output == wanted) }
        }
    }
}
