import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// Whole blocks against Hugging Face transformers (float) and the numpy reference (int8).
@Suite("Golden blocks")
struct GoldenBlockTests {
    static let backends = BackendCatalog.all.filter(\.available).map(\.name)

    @Test("come out of int8 experts", arguments: GoldenBlock.all, backends)
    func int8(_ block: GoldenBlock, backend: BackendName) throws {
        let (golden, result) = try run(block, .int8, backend)

        expectNone(routingViolations(golden, result))
        for (found, wanted) in outputs(of: result, beside: golden.int8) {
            expectNone(
                golden.int8Violations(found, expected: wanted, indices: result.experts.elements))
        }
    }

    @Test("come out of float experts", arguments: GoldenBlock.all, backends)
    func float(_ block: GoldenBlock, backend: BackendName) throws {
        let (golden, result) = try run(block, .float, backend)

        expectNone(routingViolations(golden, result))
        for (found, wanted) in outputs(of: result, beside: golden.float) {
            expectNone(
                golden.floatViolations(found, expected: wanted, indices: result.experts.elements))
        }
    }

    private func run(
        _ block: GoldenBlock, _ format: ExpertFormat, _ backend: BackendName
    ) throws -> (Golden, MoEOutput) {
        let golden = try Golden.load(from: SafetensorsFile(opening: block.goldenFile))
        let layer = try Checkpoint(directory: block.directory, part: block.part)
            .layer(GoldenBlock.layer, experts: format)
        let moe = try MoEBlock(layer, backend: BackendCatalog.backend(backend).backend, threads: 2)
        return (
            golden,
            try moe.forward(
                golden.hiddenStates, routerInput: golden.routerInput, tokenIDs: golden.tokenIDs)
        )
    }

    private func routingViolations(_ golden: Golden, _ found: MoEOutput) -> [String] {
        golden.routingViolations(
            indices: found.experts.elements, weights: found.weights.elements,
            groupIndex: found.groupIndex.counts)
    }

    private func outputs(
        of found: MoEOutput, beside wanted: Golden.Outputs
    ) -> [(Matrix<Float>, Matrix<Float>)] {
        var pairs = [(found.output, wanted.output), (found.routedOutput, wanted.routed)]
        #expect((found.sharedOutput == nil) == (wanted.shared == nil))
        if let found = found.sharedOutput, let wanted = wanted.shared {
            pairs.append((found, wanted))
        }
        return pairs
    }

    private func expectNone(_ violations: [String]) {
        for violation in violations { Issue.record("\(violation)") }
    }
}
