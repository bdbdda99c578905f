public import ArgumentParser
public import MoECheckpoint

/// What commands take that turn MXFP4 weights into int8.
struct MXFP4Options: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How MXFP4 weights become int8: requantized; or exact, without rounding the channels "
                + "for which that can be.", valueName: "form"))
    var mxfp4: MXFP4Form = .requantized
}

extension MXFP4Form: ExpressibleByArgument {}
