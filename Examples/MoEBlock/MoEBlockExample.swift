public import ArgumentParser
public import MoE
import MoEAscend
import MoECheckpoint

/// The main job: one layer of a checkpoint, routed and computed in int8, and checked against
/// the same layer in float32.
@main
struct MoEBlockExample: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "moe-block",
        abstract: "Runs an int8 MoE layer of a checkpoint and shows what it did.")

    @Option(help: "The checkpoint's folder: config.json and safetensors.")
    var model = "Models/byte-qwen3-moe"

    @Option(help: "The layer's index, counted from 0; the first MoE layer if not given.")
    var layer: Int?

    @Option(help: "How many tokens go through the layer.")
    var tokens = 64

    @Option(help: "What computes: \(BackendName.allCases.map(\.rawValue).joined(separator: ", ")).")
    var backend: BackendName = .auto

    @Option(help: "How many threads may work; one per processor if not given.")
    var threads: Int?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (1...1 << 20).contains(tokens) else {
            throw ValidationError("--tokens \(tokens): wanted 1 to \(1 << 20)")
        }
        if let threads, threads < 1 {
            throw ValidationError("--threads \(threads): wanted 1 or more")
        }
    }

    func run() throws {
        let chosen = try BackendCatalog.backend(backend, offers: [AscendBackend.offer()])
        let checkpoint = try Checkpoint(directory: model)
        let layerIndex = try layer ?? firstMoELayer(of: checkpoint)

        // The product: int8 experts. The yardstick: the same weights as the file has them.
        let int8 = try MoEBlock(
            checkpoint.layer(layerIndex, experts: .int8), backend: chosen.backend,
            threads: threads)
        let float = try MoEBlock(
            checkpoint.layer(layerIndex, experts: .float),
            // A device has no float experts.
            backend: backend == .ascend ? nil : chosen.backend, threads: threads)

        let hidden = try HiddenStates.load(
            from: model, tokens: tokens, width: int8.shape.hiddenSize)
        var workspace = int8.makeWorkspace()
        try int8.forward(hidden.rows, in: &workspace)  // grows the workspace
        try int8.forward(hidden.rows, in: &workspace)  // what a steady engine sees
        let results = workspace.results

        let report = Report(
            family: checkpoint.family.name, model: model, layer: layerIndex, block: int8,
            reason: chosen.reason, input: hidden.origin, results: results,
            accuracy: Accuracy(
                of: results.output, against: try float.forward(hidden.rows).output))
        print(json ? try report.json.text(.indented) : report.text, terminator: "")
    }

    private func firstMoELayer(of checkpoint: Checkpoint) throws -> Int {
        guard let first = checkpoint.moeLayers.first else {
            throw CheckpointError(.configuration, "\(model): no layer of it is MoE")
        }
        return first
    }
}

extension BackendName: ExpressibleByArgument {}
