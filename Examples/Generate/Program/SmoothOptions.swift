import ArgumentParser
import GenerateEngine

/// Which smooth factors int8 experts use.
struct SmoothOptions: ParsableArguments {
    @Option(help: "A file of smooth factors; the one beside the model if not given.")
    var smooth: String?

    @Flag(help: "Use no smooth factors, not even those beside the model.")
    var noSmooth = false

    func validate() throws {
        if noSmooth, smooth != nil {
            throw ValidationError("--smooth and --no-smooth: wanted one of them")
        }
    }

    /// The factors for a model; nil for none.
    func factors(for model: String) throws -> SmoothFactors? {
        if noSmooth { return nil }
        return try smooth.map { try SmoothFactors(reading: $0) }
            ?? SmoothFactors.beside(model: model)
    }
}
