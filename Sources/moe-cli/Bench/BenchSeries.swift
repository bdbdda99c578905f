import MoE

/// The cases of one shape and one number of tokens, measured in turn with the machine's limits.
struct BenchSeries {
    let layer: SyntheticLayer
    let tokens: Int
    let backends: [any ExpertBackend]
    let threads: Int?
    let rounds: Int
    let withSgemm: Bool

    /// A case's passes go on for this long in a round, so that short ones give many samples.
    private static let secondsPerRound = 0.02

    /// Measures every case and every limit once a round.
    func run() throws -> [BenchResult] {
        let cases = try backends.map {
            try Case(layer.layer, backend: $0, threads: threads)
        }
        let threadCount = cases.first?.block.threads ?? 1
        let batches = try layer.batches(tokens: tokens, count: tokens <= 8 ? 64 : 8)
        var limits = Limits(), next = 0
        #if OpenBLAS
        var sgemm = withSgemm ? SgemmCase(layer.shape, tokens: tokens) : nil
        #endif
        for round in 0...rounds {
            for one in cases {
                let start = ContinuousClock.now
                repeat {
                    // The first round grows the workspaces and does not count.
                    try one.run(batches[next % batches.count], round: round > 0 ? round - 1 : nil)
                    next += 1
                } while ContinuousClock.now - start < .seconds(Self.secondsPerRound)
            }
            #if OpenBLAS
            if let groups = cases.first?.workspace.dispatch.groupIndex, sgemm != nil {
                let time = ContinuousClock().measure { sgemm?.run(groups, threads: threadCount) }
                if round > 0 { limits.layerSgemm.append(time / .seconds(1)) }
            }
            #endif
            if round > 0 { limits.measure(cases.last?.block, threads: threadCount) }
        }
        return cases.map { result($0, limits, threads: threadCount) }
    }

    private func result(_ one: Case, _ limits: Limits, threads: Int) -> BenchResult {
        BenchResult(
            shape: layer.shape, tokens: tokens, backend: one.block.backendName, plan: one.plan,
            threads: threads,
            passes: one.passes.map { pass in
                BenchPass(
                    seconds: pass.seconds,
                    weightBytes: Double(pass.experts * layer.shape.expertBytes),
                    multiplyAdds: layer.shape.multiplyAdds(tokens: tokens),
                    bandwidth: limits.bandwidth[pass.round],
                    multiplierPeak: limits.multiplier[pass.round])
            },
            stages: one.stages.mapValues(\.median), sgemmPeak: limits.sgemm.median,
            layerSgemm: limits.layerSgemm.isEmpty ? nil : limits.layerSgemm.median,
            prepareSeconds: one.prepareSeconds)
    }

    /// A block with its workspace, and what it took.
    private final class Case {
        let block: MoEBlock
        let prepareSeconds: Double
        var workspace: Workspace
        private(set) var passes: [(round: Int, seconds: Double, experts: Int)] = []
        private(set) var stages: [Stage: [Double]] = [:]

        init(_ layer: MoELayer, backend: any ExpertBackend, threads: Int?) throws {
            let start = ContinuousClock.now
            block = try MoEBlock(layer, backend: backend, threads: threads)
            prepareSeconds = (ContinuousClock.now - start) / .seconds(1)
            workspace = block.makeWorkspace()
        }

        var plan: String { block.planName(of: workspace) }

        /// A pass of a round that counts, or one that does not.
        func run(_ batch: Matrix<Float>, round: Int?) throws {
            let start = ContinuousClock.now
            try block.forward(batch, in: &workspace)
            let elapsed = (ContinuousClock.now - start) / .seconds(1)
            guard let round else { return }
            let experts = workspace.dispatch.groupIndex.pairs.count
            passes.append((round: round, seconds: elapsed, experts: experts))
            for stage in Stage.allCases where workspace.timings[stage] > .zero {
                stages[stage, default: []].append(workspace.timings[stage] / .seconds(1))
            }
        }
    }
}

extension [Double] {
    /// The middle value; 0 of none.
    var median: Double { quantile(0.5) }

    /// The value below which a share of the others lies; 0 of none.
    func quantile(_ share: Double) -> Double {
        isEmpty ? 0 : sorted()[Int((Double(count - 1) * share).rounded())]
    }
}
