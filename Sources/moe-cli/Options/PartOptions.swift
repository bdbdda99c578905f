import ArgumentParser

/// What commands take that read one part of a model.
struct PartOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The part of a model that has several: text or vision, thinker or talker; the first if "
                + "not given.", valueName: "name"))
    var part: String?
}
