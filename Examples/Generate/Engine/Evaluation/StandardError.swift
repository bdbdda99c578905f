extension [Double] {
    /// The mean; 0 of no values.
    var mean: Double { reduce(0, +) / Double(Swift.max(count, 1)) }

    /// The standard error of the mean; infinite for less than two values.
    var standardError: Double {
        guard count > 1 else { return .infinity }
        let mean = mean
        let variance = reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
        return (variance / Double(count)).squareRoot()
    }
}
