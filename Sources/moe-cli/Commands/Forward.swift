public import ArgumentParser
import MoE
public import MoECheckpoint

/// `moe-cli forward`: one layer of a checkpoint over the hidden states of a file.
struct Forward: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs one MoE layer of a checkpoint over hidden states.",
        discussion: """
            Reads hidden states [T, D] (F32, F16 or BF16) and writes output, routed_output and, \
            where there is one, shared_output [T, D] F32, topk_indices [T, k] I32, topk_weights \
            [T, k] F32 and group_index [E] I64.
            """)

    @Option(help: "The checkpoint's folder: config.json and safetensors.")
    var model: String?

    @Option(
        help: ArgumentHelp(
            "A file that moe-cli pack wrote, to compute with in place of the checkpoint; with "
                + "--model, only if it was packed from that checkpoint as it is.",
            valueName: "file"))
    var packed: String?

    @Flag(help: "Check the layer's bytes in the packed file before computing with them.")
    var verify = false

    @Option(help: "The layer's index, counted from 0.")
    var layer: Int

    @Option(help: "The safetensors file with the hidden states.")
    var input: String

    @Option(help: "The tensor in it that holds them.")
    var inputTensor = "hidden_states"

    @Option(
        name: .customLong("token-ids-tensor"),
        help: "The tensor in it with the tokens' ids [T], where experts are looked up by them.")
    var tokenIDsTensor: String?

    @Option(
        help: "The tensor in it that the router reads [T, D], where it has an input of its own.")
    var routerInputTensor: String?

    @Option(help: "The safetensors file to write.")
    var output: String

    @Option(help: "The form in which the experts compute: int8 or float.")
    var experts: ExpertFormat = .int8

    @OptionGroup var parts: PartOptions

    @OptionGroup var weights: MXFP4Options

    @OptionGroup var compute: ComputeOptions

    func validate() throws {
        guard let packed else {
            if verify { throw ValidationError("--verify: wanted with --packed alone") }
            if model == nil { throw ValidationError("wanted --model or --packed") }
            return
        }
        guard parts.part == nil else {
            throw ValidationError("--part: wanted without --packed, whose file holds one part")
        }
        guard experts == .int8, [.auto, .native].contains(compute.backend) else {
            throw ValidationError(
                "--packed \(packed): holds int8 experts for the native backend, wanted no other")
        }
    }

    func run() throws {
        let file = try TensorFile(input)
        let hidden = try file.floatMatrix(inputTensor, wanted: "[tokens, hidden]")
        let routerInput = try routerInputTensor.map {
            try file.floatMatrix($0, wanted: "[tokens, hidden]")
        }
        let tokenIDs = try tokenIDsTensor.map { try file.integers($0, wanted: "[tokens]") }
        let (block, summary) = try block()
        let results = try block.forward(
            hidden, routerInput: routerInput, tokenIDs: tokenIDs)
        try SafetensorsWriter.write(tensors(of: results), to: output)
        if let summary { StandardError.print("layer \(layer): \(summary)") }
    }

    /// The block, and what loading it has cost.
    private func block() throws -> (MoEBlock, summary: String?) {
        guard let packed else {
            let backend = try compute.resolved()
            let loaded = try Checkpoint(
                directory: model ?? "", part: parts.part, mxfp4: weights.mxfp4
            ).load(layer, experts: experts)
            return (
                try MoEBlock(loaded.layer, backend: backend, threads: compute.threads),
                loaded.report.summary
            )
        }
        let model = try PackedModel(opening: packed)
        if let source = self.model { try model.verify(isMadeFrom: source) }
        if verify { try model.verify(layer: layer, threads: compute.threads) }
        return (try model.block(layer, threads: compute.threads), nil)
    }

    private func tensors(of results: MoEOutput) throws -> [(String, Tensor)] {
        var tensors = [
            ("output", try Tensor(results.output)),
            ("routed_output", try Tensor(results.routedOutput)),
            ("topk_indices", try Tensor(results.experts)),
            ("topk_weights", try Tensor(results.weights)),
            (
                "group_index",
                try Tensor(results.groupIndex.counts, shape: [results.groupIndex.counts.count])
            ),
        ]
        if let shared = results.sharedOutput {
            tensors.append(("shared_output", try Tensor(shared)))
        }
        return tensors
    }
}

extension ExpertFormat: ExpressibleByArgument {}
