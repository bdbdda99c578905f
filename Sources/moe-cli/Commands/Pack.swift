import ArgumentParser
import MoECheckpoint

/// `moe-cli pack`: a checkpoint's MoE layers as the native backend computes with them, in a file.
struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a checkpoint's MoE layers to one file that is mapped and not loaded.",
        discussion: """
            The file holds the weights packed for this machine's instruction set (see moe-cli \
            backends), scales, biases, routers and shared experts; forward --packed computes with \
            it at once, and machines with less memory than the file read what they need from disk. \
            A file for another instruction set, of another version or from a model that has changed \
            is refused. Nothing appears under the name before the file is whole.
            """)

    @Argument(help: "The checkpoint's folder: config.json and safetensors; or a GGUF file.")
    var input: String

    @Argument(help: "The file to write.")
    var output: String

    @OptionGroup var parts: PartOptions

    @OptionGroup var weights: MXFP4Options

    @OptionGroup var threading: ThreadOptions

    func run() throws {
        let packer = try CheckpointPacker(of: input, part: parts.part, mxfp4: weights.mxfp4)
        let report = try write(packer)
        let model = try PackedModel(opening: output)
        print(
            "\(output): \(model.layers.count) layers of \(model.modelType), "
                + "\(ByteCount(model.byteCount)), packed for \(model.instructionSet)")
        if let summary = report.summary { StandardError.print(summary) }
    }

    /// Writes the file, and shows meanwhile how far it is.
    private func write(_ packer: CheckpointPacker) throws -> LoadReport {
        let line = ProgressLine(), total = packer.byteCount
        defer { line.end() }
        Interruption.exits { signal in
            line.end()
            StandardError.print("Interrupted by \(signal); \(output) is not written.")
        }
        return try packer.write(to: output, threads: threading.threads) { line.show($0, of: total) }
    }
}
