import ArgumentParser

/// Runs small language models whose experts the library computes.
@main
struct MoEGenerate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "moe-generate",
        abstract:
            "Generates text with a MoE language model, and measures what int8 experts change.",
        discussion: """
            Runs checkpoints of Qwen3-MoE, Mixtral and OLMoE, as they are published. Text goes in \
            and out of models whose tokens are bytes, like the one in Models/; others take and \
            print token ids.
            """,
        subcommands: [Generate.self, Evaluate.self, Calibrate.self, Logits.self],
        defaultSubcommand: Generate.self)
}
