import ArgumentParser
import Foundation
import GenerateEngine
import MoE
import MoECheckpoint

/// `moe-generate evaluate`: what int8 experts change of a model's predictions.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures what int8 experts change of a model's predictions.",
        discussion: """
            Runs a text through the model with float experts, then with every backend and form of \
            experts, and compares the distributions of every next byte. A byte is predicted from \
            the 256 to 511 before it. Name checkpoints that moe-cli quantize wrote as further \
            --model, after the one with the float weights.
            """)

    @Option(help: "The model's folder; may be repeated.")
    var model: [String] = [ModelOptions.shippedModel]

    @Option(
        help: "The folder with the float weights to compare with; the first model's if not given.")
    var floatModel: String?

    @Option(
        help: "A file, or a folder of Swift sources; heldout.txt beside the model if not given.")
    var text: String?

    @Option(help: "How many bytes of the text to take, at most.")
    var bytes = 204_800

    @Option(help: "Backends with commas between; all that are there if not given.")
    var backend: BackendList?

    @OptionGroup var smooth: SmoothOptions

    @Option(help: "How many bytes the model sees at once, at most.")
    var window = 512

    @Option(help: "How many bytes of a window count.")
    var stride = 256

    @Option(help: "How many threads compute; one per processor if not given.")
    var threads: Int?

    @Option(help: "An SVG file for the results.")
    var plot: String?

    @Flag(help: "Print JSON.")
    var json = false

    private var yardstick: String { floatModel ?? model[0] }

    func validate() throws {
        for (name, value) in [
            ("bytes", bytes), ("window", window), ("stride", stride), ("threads", threads ?? 1),
        ] where value < 1 {
            throw ValidationError("--\(name) \(value): wanted 1 or more")
        }
    }

    func run() throws {
        let text = text ?? yardstick + "/heldout.txt"
        let decoder = try Decoder(directory: yardstick, experts: ExpertChoice(.float))
        guard let vocabulary = ByteVocabulary(decoder.configuration) else {
            throw EngineError("\(yardstick): its tokens are not bytes, wanted a model of bytes")
        }
        let evaluation = try Evaluation(
            decoder, candidates: try model.flatMap { try candidates($0, float: decoder) },
            tokens: vocabulary.tokens(of: try SourceText.read(text, limit: bytes)),
            window: window, stride: stride,
            threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)

        let report = EvaluationReport(
            title:
                "\(evaluation.count) bytes of \(text), against the float experts of \(yardstick)",
            evaluation: evaluation)
        if json {
            printToStandardError(report.title)
            print(try report.json.text(.indented), terminator: "")
        } else {
            print(report.table, terminator: "")
        }
        if let plot { try write(EvaluationPlot(evaluation, title: report.title).svg, to: plot) }
    }

    /// Every backend with every form of experts, int8 ones with and without smooth factors.
    ///
    /// Weights that the checkpoint holds as int8 stay what they are; a device has no float experts.
    private func candidates(
        _ model: String, float: Decoder
    ) throws -> [Evaluation.Candidate] {
        let decoder =
            model == yardstick
            ? float : try Decoder(directory: model, experts: ExpertChoice(.float))
        let isQuantized = decoder.checkpoint.weightFormat.isQuantized
        let factors = isQuantized ? nil : try smooth.factors(for: model)
        return (backend?.names ?? Backends.available).flatMap { name in
            let plain = ExpertChoice(.float, backend: name)
            let smoothed = factors.map { ExpertChoice(.int8, backend: name, smooth: $0) }
            return (isQuantized || name == .ascend ? [] : [plain])
                + [ExpertChoice(.int8, backend: name)] + (smoothed.map { [$0] } ?? [])
        }.map { Evaluation.Candidate(decoder, $0) }
    }

    private func write(_ picture: String, to path: String) throws {
        do {
            try Data(picture.utf8).write(to: URL(fileURLWithPath: path))
        } catch {
            throw EngineError("\(path): the picture cannot be written there")
        }
    }
}
