import Foundation

extension Evaluation {
    /// How predictions differ from those with float experts.
    public struct Figures: Sendable {
        /// -log₂ p of a token, the mean.
        public let bitsPerByte: Double
        /// How much more that is than with float experts, in percent.
        public let bitsPerByteDelta: Double
        /// The standard error of ``bitsPerByteDelta`` over the windows, in percent: what another
        /// text of the same kind and length would change of it.
        public let bitsPerByteDeltaError: Double
        /// The mean Kullback-Leibler divergence from the float experts' distribution, in nats.
        public let meanDivergence: Double
        /// What 99 of 100 divergences are below.
        public let divergenceP99: Double
        /// How often the likeliest token is the float experts', from 0 to 1.
        public let topAgreement: Double
    }
}

extension Evaluation.Figures {
    /// Adds up what the windows found.
    ///
    /// - Parameters:
    ///   - yardstickSurprises: the sum of -ln p with float experts, by window.
    ///   - tallies: what other experts found, by window; at least one token.
    init(yardstickSurprises: [Double], tallies: [WindowTally.Candidate]) {
        let divergences = tallies.flatMap(\.divergences), count = Double(divergences.count)
        let surprise = tallies.map(\.surprise).reduce(0, +)
        let wanted = yardstickSurprises.reduce(0, +)
        let differences = zip(tallies, yardstickSurprises).map { $0.surprise - $1 }
        bitsPerByte = surprise / count / log(2)
        bitsPerByteDelta = 100 * (surprise / wanted - 1)
        bitsPerByteDeltaError =
            100 * differences.standardError * Double(differences.count) / wanted
        meanDivergence = divergences.reduce(0) { $0 + Double($1) } / count
        divergenceP99 = Double(divergences.sorted()[Int(0.99 * (count - 1))])
        topAgreement = Double(tallies.map(\.agreements).reduce(0, +)) / count
    }

    /// Whether bits per byte, divergence and agreement are all at least as good as others, and the
    /// divergence better.
    func improves(on other: Evaluation.Figures) -> Bool {
        bitsPerByte <= other.bitsPerByte && meanDivergence < other.meanDivergence
            && topAgreement >= other.topAgreement
    }
}
