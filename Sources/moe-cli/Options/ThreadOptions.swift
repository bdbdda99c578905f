import ArgumentParser

/// How many threads a command may use.
struct ThreadOptions: ParsableArguments {
    @Option(help: "How many threads may work, 1 or more; one per processor if not given.")
    var threads: Int?

    func validate() throws {
        if let threads, threads < 1 {
            throw ValidationError("--threads \(threads): wanted 1 or more")
        }
    }
}
