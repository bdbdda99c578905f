import ArgumentParser

/// `moe-cli op`: the operators on their own.
struct Operators: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "op",
        abstract: "Runs one operator over the tensors of a file.",
        subcommands: [DequantSwiGLUQuantCommand.self, GroupedMatmulCommand.self])
}

/// The two files of an operator command.
struct OperatorFiles: ParsableArguments {
    @Option(help: "The safetensors file with the operator's tensors.")
    var input: String

    @Option(help: "The safetensors file to write.")
    var output: String
}
