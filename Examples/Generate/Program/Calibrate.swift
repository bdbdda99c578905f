import ArgumentParser
import Foundation
import GenerateEngine
import MoE
import MoECheckpoint

/// `moe-generate calibrate`: finds smooth factors for a model's int8 experts.
struct Calibrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Finds smooth factors for a model's int8 experts.",
        discussion: """
            Runs texts through float experts, watches what every down-projection reads in a \
            quarter of them, and finds the factors with which rounding to int8 changes the \
            experts' outputs least. Half of the texts measures, expert by expert, what powers of \
            these factors change of the predictions, and chooses those with the least divergence \
            that leave bits per byte of no text worse. The last quarter keeps the layers with \
            which bits per byte, divergence and agreement are all no worse than without factors. \
            generate and evaluate find the factors beside the model, or take them with --smooth. \
            Take texts like those that the model will see, none that it was trained on, and none \
            that a figure is measured on.
            """)

    @Argument(help: "The model's folder: config.json and safetensors.")
    var model: String

    @Option(help: "A file, or a folder of Swift sources; may be repeated.")
    var text: [String]

    @Option(help: "How many bytes to take, at most, as many of every text and spread over it.")
    var bytes = 524_288

    @Option(help: "The file to write; \(SmoothFactors.fileName) beside the model if not given.")
    var output: String?

    @Option(help: "How many threads compute; one per processor if not given.")
    var threads: Int?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        for (name, value) in [("bytes", bytes), ("threads", threads ?? 1)] where value < 1 {
            throw ValidationError("--\(name) \(value): wanted 1 or more")
        }
    }

    func run() throws {
        let decoder = try Decoder(directory: model, experts: ExpertChoice(.float))
        guard let vocabulary = ByteVocabulary(decoder.configuration) else {
            throw EngineError("\(model): its tokens are not bytes, wanted a model of bytes")
        }
        let texts = try text.map {
            vocabulary.tokens(of: try SourceText.sample($0, count: max(1, bytes / text.count)))
        }
        let calibration = try Calibration(
            decoder, texts: texts,
            threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
        let path = output ?? model + "/" + SmoothFactors.fileName
        try calibration.factors.write(to: path)
        if json {
            print(
                try CalibrationReport(calibration).json(file: path).text(.indented), terminator: "")
            return
        }
        print(CalibrationReport(calibration).table, terminator: "")
        print(path)
    }
}
