extension MoEError.Code {
    /// A rule of the operator's table of checks, `E01` to `E21`.
    package static func operatorE(_ number: Int) -> Self {
        Self(rawValue: number < 10 ? "E0\(number)" : "E\(number)")
    }

    /// A rule of the operator's table of what Atlas refuses, `A1` to `A12`.
    package static func operatorA(_ number: Int) -> Self {
        Self(rawValue: "A\(number)")
    }
}
