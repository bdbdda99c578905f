import ArgumentParser
import MoECheckpoint

/// `moe-cli check`: whether a packed file is whole, and made from a model.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks every byte of a packed file, and what it was packed from.",
        discussion: """
            Opening a packed file checks its directory alone, so that it is instant; this reads \
            the whole file and compares all checksums.
            """)

    @Argument(help: "The packed file.")
    var file: String

    @Option(help: "The checkpoint that it must have been packed from, as it is now.")
    var model: String?

    @OptionGroup var threading: ThreadOptions

    func run() throws {
        let packed = try PackedModel(opening: file)
        if let model { try packed.verify(isMadeFrom: model) }
        try packed.verify(threads: threading.threads)
        print(
            "\(file): \(packed.layers.count) layers of \(packed.modelType), "
                + "\(ByteCount(packed.byteCount)), packed for \(packed.instructionSet): whole")
    }
}
