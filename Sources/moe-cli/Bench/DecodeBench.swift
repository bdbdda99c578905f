import MoE
import MoECheckpoint

/// One token through a block beside the kernels of its pass alone, both on one thread.
///
/// Weights are cold: a pass has another token, and so other experts, than those before it.
struct DecodeBench {
    let shape: BenchShape
    let rounds: Int

    /// Tokens with experts of their own; passes take them in turn.
    private static let tokens = 64
    /// Passes of each kind in a round.
    private static let passesPerRound = 128

    /// Measures both in turn; nil without the native backend's kernels.
    func run() throws -> DecodeResult? {
        let layer = try SyntheticLayer(shape, routing: .uniform)
        let block = try MoEBlock(
            layer.layer, backend: BackendCatalog.backend(.native).backend, threads: 1)
        guard let kernels = DecodeKernels(block) else { return nil }
        var workspace = block.makeWorkspace(), next = 0
        let batches = try layer.batches(tokens: 1, count: Self.tokens)
        var whole: [Double] = [], bare: [Double] = []
        for round in 0...rounds {
            for _ in 0..<Self.passesPerRound {
                let start = ContinuousClock.now
                try block.forward(batches[next % Self.tokens], in: &workspace)
                let middle = ContinuousClock.now
                // Half a turn away: experts that the pass before has not fetched.
                let other = (next + Self.tokens / 2) % Self.tokens
                let token = batches[other].elements
                let begin = ContinuousClock.now
                kernels.run(token.span)
                let end = ContinuousClock.now
                next += 1
                guard round > 0 else { continue }
                whole.append((middle - start) / .seconds(1))
                bare.append((end - begin) / .seconds(1))
            }
        }
        return DecodeResult(shape: shape, seconds: whole.median, kernelSeconds: bare.median)
    }
}

/// What a token costs.
struct DecodeResult {
    let shape: BenchShape
    /// Through the public API.
    let seconds: Double
    /// The kernels alone.
    let kernelSeconds: Double

    private var overhead: Double { (seconds / kernelSeconds - 1) * 100 }

    static let header =
        "shape".padded(to: 16) + "layer µs".padded(to: 11)
        + "kernels µs".padded(to: 12) + "more"

    var line: String {
        shape.name.padded(to: 16) + decimals(seconds * 1e6, 2).padded(to: 11)
            + decimals(kernelSeconds * 1e6, 2).padded(to: 12) + decimals(overhead, 2) + " %"
    }

    var json: JSONValue {
        .object([
            "shape": .string(shape.name), "layer_s": .number(seconds),
            "kernels_s": .number(kernelSeconds), "overhead_percent": .number(overhead),
        ])
    }
}
