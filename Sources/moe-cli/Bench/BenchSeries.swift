import MoE

/// The cases of one shape and one number of tokens, measured in turn.
struct BenchSeries {
    let layer: SyntheticLayer
    let tokens: Int
    let backends: [any ExpertBackend]
    let threads: Int?
    let rounds: Int
    let withSgemm: Bool

    /// Measures every case once a round.
    func run() throws -> [BenchResult] {
        let blocks = try backends.map { try MoEBlock(layer.layer, backend: $0, threads: threads) }
        let batches = try layer.batches(tokens: tokens, count: min(rounds + 1, 16))
        var seconds = Array(repeating: [Double](), count: blocks.count)
        var sgemmSeconds: [Double] = []
        var weightBytes = 0
        let threadCount = blocks.first?.threads ?? 1
        #if OpenBLAS
        var sgemm = withSgemm ? SgemmCase(layer.shape, tokens: tokens) : nil
        #endif
        var workspaces = Workspaces(blocks)
        for round in 0...rounds {
            let batch = batches[round % batches.count]
            for index in blocks.indices {
                let time = try workspaces.measure(index, batch)
                // The first round grows the workspaces and does not count.
                if round > 0 { seconds[index].append(time) }
            }
            #if OpenBLAS
            if let groups = workspaces.groupIndex {
                let time = ContinuousClock().measure { sgemm?.run(groups, threads: threadCount) }
                if round > 0, withSgemm { sgemmSeconds.append(time / .seconds(1)) }
            }
            #endif
            weightBytes = (workspaces.groupIndex?.pairs.count ?? 0) * layer.shape.expertBytes
        }
        var results = zip(blocks, seconds).map { block, seconds in
            result(block.backendName, seconds, threads: threadCount, weightBytes: weightBytes)
        }
        if !sgemmSeconds.isEmpty {
            let sgemm = result(
                "sgemm", sgemmSeconds, threads: threadCount, weightBytes: 4 * weightBytes)
            for index in results.indices { results[index].sgemmMedian = sgemm.median }
            results.append(sgemm)
        }
        return results
    }

    private func result(
        _ name: String, _ seconds: [Double], threads: Int, weightBytes: Int
    ) -> BenchResult {
        BenchResult(
            shape: layer.shape, tokens: tokens, backend: name, threads: threads,
            seconds: seconds.sorted(), weightBytes: weightBytes)
    }

    /// A workspace a block, kept over the rounds.
    private struct Workspaces {
        private let runs: [Run]

        private final class Run {
            let block: MoEBlock
            var workspace: Workspace

            init(_ block: MoEBlock) {
                self.block = block
                self.workspace = block.makeWorkspace()
            }
        }

        init(_ blocks: [MoEBlock]) {
            runs = blocks.map(Run.init)
        }

        /// How the most recent pass spread its rows.
        var groupIndex: GroupIndex? {
            runs.first?.workspace.dispatch.groupIndex
        }

        /// Seconds of one forward pass.
        mutating func measure(_ index: Int, _ batch: Matrix<Float>) throws -> Double {
            let run = runs[index]
            let start = ContinuousClock.now
            try run.block.forward(batch, in: &run.workspace)
            return (ContinuousClock.now - start) / .seconds(1)
        }
    }
}
