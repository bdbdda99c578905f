public import ArgumentParser
import MoE
public import MoECheckpoint

/// `moe-cli quantize`: a checkpoint with its experts' weights in int8, for others to read.
struct Quantize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes a checkpoint anew with its experts' weights in int8.",
        discussion: """
            The linear layers of all experts, shared ones included, become int8 with a float32 \
            scale per output channel; everything else is copied as it is. OUT grows in OUT.partial \
            and gets its name when it is whole. A run that was interrupted is continued by the \
            same command.
            """)

    @Argument(help: "The checkpoint's folder: config.json and safetensors.")
    var input: String

    @Argument(help: "The folder to write; there must be none, or an empty one.")
    var output: String

    @Option(
        help: ArgumentHelp(
            "The format to write: "
                + QuantizedFormat.allCases.map(\.rawValue).joined(separator: " or ") + ".",
            valueName: "name"))
    var format: QuantizedFormat

    @Option(help: "The most bytes of tensors that a file may have, such as 500MB or 5GB.")
    var shardSize = ByteCount(5_000_000_000)

    @OptionGroup var weights: MXFP4Options

    @OptionGroup var threading: ThreadOptions

    func run() throws {
        let quantizer = try CheckpointQuantizer(
            of: input, as: format, shardSize: shardSize.value, mxfp4: weights.mxfp4)
        let report = try write(quantizer)
        print(
            "\(output): \(report.quantizedCount) linear layers in int8, "
                + "\(report.copiedCount) other tensors; "
                + "\(ByteCount(report.sourceByteCount)) became \(ByteCount(report.byteCount)) "
                + "in \(report.files.count) \(report.files.count == 1 ? "file" : "files")")
        for note in report.remarks { StandardError.print(note) }
    }

    /// Writes the checkpoint, and shows meanwhile how far it is.
    private func write(_ quantizer: CheckpointQuantizer) throws -> QuantizationReport {
        let line = ProgressLine()
        defer { line.end() }
        Interruption.exits { signal in
            line.end()
            StandardError.print(
                "Interrupted by \(signal); the same command continues where it was.")
        }
        return try quantizer.write(to: output, threads: threading.threads) { event in
            switch event {
            case .progress(let progress): line.show(progress.completed, of: progress.total)
            case .resumes(let files):
                StandardError.print(
                    "\(output).partial: \(files) of \(quantizer.fileCount) files are done already")
            case .restarts(let reason):
                StandardError.print("\(output).partial: \(reason); starting anew")
            }
        }
    }
}

extension QuantizationReport {
    /// What the user should know beside what was written.
    fileprivate var remarks: [String] {
        let cost = loss.map { "weights requantised to int8 per channel, relative L2 error \($0)" }
        return [cost].compactMap(\.self) + notes
    }
}

extension QuantizedFormat: ExpressibleByArgument {}
