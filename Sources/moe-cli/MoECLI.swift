import ArgumentParser

/// The scriptable door to the library: files in, files out.
@main
struct MoECLI: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "moe-cli",
        abstract: "Computes Mixture-of-Experts layers, files in and files out (safetensors).",
        discussion: """
            Exit status: 0 done; 64 the command line alone is wrong; 1 what is found by looking \
            at files or the machine. A failure is one message on stderr, and an output file \
            appears whole or not at all.
            """,
        version: "0.1.0",
        subcommands: [
            Forward.self, Inspect.self, Quantize.self, Pack.self, Check.self, Families.self,
            Operators.self, Backends.self, Probe.self, Verify.self, Bench.self,
        ])
}
