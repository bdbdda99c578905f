import ArgumentParser
import MoECheckpoint

/// `moe-cli families`: which models can be read.
struct Families: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "families",
        abstract: "Lists the families of models that can be read, by their model_type.")

    @Flag(help: "Print a Markdown page that says how each is read.")
    var markdown = false

    func run() throws {
        if markdown {
            print(try FamilyTable.markdown(), terminator: "")
        } else {
            for type in ModelFamily.all.flatMap(\.modelTypes).sorted() { print(type) }
        }
    }
}
