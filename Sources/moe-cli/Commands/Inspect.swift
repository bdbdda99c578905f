import ArgumentParser
import MoECheckpoint

/// `moe-cli inspect`: what a checkpoint holds, without reading it.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what a checkpoint holds: family, layers, router, format, what is refused.",
        discussion: """
            Reads the configuration and headers alone. What a layer is told to be is what loading \
            it finds; only weights that are not finite show later. Exit status 0: the question was \
            answered, layers may be refused; scripts ask --json for "loadable". 1: there is no \
            such folder, or a file in it is broken.
            """)

    @Argument(help: "The model's folder, or a GGUF file.")
    var directory: String

    @OptionGroup var parts: PartOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let inspection = try CheckpointInspection(directory: directory, part: parts.part)
        print(json ? try inspection.json.text(.indented) : inspection.text)
    }
}
