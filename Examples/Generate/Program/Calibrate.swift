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
            Runs half of a text through float experts, watches what every down-projection reads, \
            and finds the factors with which rounding to int8 changes the experts' outputs least. \
            The other half chooses, layer by layer, the power α of these factors with which int8 \
            experts change the predictions least. generate and evaluate find the factors beside \
            the model, or take them with --smooth. Take many kinds of text, and none that a \
            figure is measured on.
            """)

    @Argument(help: "The model's folder: config.json and safetensors.")
    var model: String

    @Option(help: "A file, or a folder of Swift sources.")
    var text: String

    @Option(help: "How many bytes of the text to take, at most, spread evenly over it.")
    var bytes = 196_608

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
        let tokens = vocabulary.tokens(of: try SourceText.sample(text, count: bytes))
        let calibration = try Calibration(
            decoder, tokens: tokens,
            threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
        let path = output ?? model + "/" + SmoothFactors.fileName
        try calibration.factors.write(to: path)
        if json {
            print(try json(calibration, path: path).text(.indented), terminator: "")
            return
        }
        print("mean KL divergence, nats, with the int8 experts of one layer")
        print("layer      α  with factors   without")
        for layer in calibration.layers {
            let chosen = layer.chosen.map {
                String(format: "%4.2f %13.2e", $0.alpha, $0.divergence)
            }
            print(
                String(format: "%5d   ", layer.layer) + (chosen ?? "none              ")
                    + String(format: "%10.2e", layer.plainDivergence))
        }
        print(path)
    }

    private func json(_ calibration: Calibration, path: String) -> JSONValue {
        .object([
            "file": .string(path),
            "layers": .array(
                calibration.layers.map { layer in
                    .object([
                        "layer": .integer(layer.layer),
                        "alpha": layer.chosen.map { .number(Double($0.alpha)) } ?? .null,
                        "kl_mean": .number(layer.chosen?.divergence ?? layer.plainDivergence),
                        "kl_mean_without": .number(layer.plainDivergence),
                        "trials": .array(
                            layer.trials.map {
                                .object([
                                    "alpha": .number(Double($0.alpha)),
                                    "kl_mean": .number($0.divergence),
                                ])
                            }),
                    ])
                }),
        ])
    }
}
