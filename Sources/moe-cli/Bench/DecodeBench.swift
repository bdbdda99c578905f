import MoE
import MoECheckpoint

/// One token through a block beside the kernels of its pass alone, both on one thread.
///
/// Passes of the two kinds alternate over tokens with experts of their own, so that weights are cold.
/// The tokens are odd in number: in two turns each of them goes through both kinds, behind the same
/// token, of whose experts some are still in a cache.
struct DecodeBench {
    let shape: BenchShape
    let rounds: Int

    /// How many tokens passes take in turn; odd.
    private static let tokens = 63
    /// Passes of both kinds in a round: whole turns over the tokens.
    private static let passesPerRound = 4 * tokens

    /// Measures both in turn; nil without the native backend's kernels.
    func run() throws -> DecodeResult? {
        let layer = try SyntheticLayer(shape, routing: .uniform)
        let block = try MoEBlock(
            layer.layer, backend: BackendCatalog.backend(.native).backend, threads: 1)
        guard let kernels = DecodeKernels(block) else { return nil }
        var workspace = block.makeWorkspace()
        let batches = try layer.batches(tokens: 1, count: Self.tokens)
        var whole: [Double] = [], bare: [Double] = []
        for round in 0...rounds {
            for pass in 0..<Self.passesPerRound {
                let batch = batches[pass % Self.tokens], token = batch.elements
                let isWhole = pass % 2 == 0
                let start = ContinuousClock.now
                if isWhole {
                    try block.forward(batch, in: &workspace)
                } else {
                    kernels.run(token.span)
                }
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                guard round > 0 else { continue }
                if isWhole { whole.append(seconds) } else { bare.append(seconds) }
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
