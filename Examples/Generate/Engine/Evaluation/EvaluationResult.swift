import Foundation
import MoECheckpoint

extension Evaluation {
    /// One candidate, measured.
    public struct Result: Sendable, CustomStringConvertible {
        /// What computed the experts.
        public let experts: ExpertChoice
        /// The form in which the checkpoint holds weights.
        public let format: String
        /// -log₂ p of a token, the mean.
        public let bitsPerByte: Double
        /// How much more that is than with float experts, in percent.
        public let bitsPerByteDelta: Double
        /// The mean Kullback-Leibler divergence from the float experts' distribution, in nats.
        public let meanDivergence: Double
        /// What 99 of 100 divergences are below.
        public let divergenceP99: Double
        /// How often the likeliest token is the float experts', from 0 to 1.
        public let topAgreement: Double
        /// The divergence at every position that counts, in order.
        public let divergences: [Float]
        /// The relative L2 error of the residual stream behind every layer.
        public let layerErrors: [Double]

        /// The experts without their backend: `int8 of float, smooth`.
        public var description: String {
            "\(experts.format.rawValue) of \(format)" + (experts.smooth == nil ? "" : ", smooth")
        }
    }
}

extension Evaluation.Result {
    /// Adds up what the windows found, in their order.
    init(
        _ candidate: Evaluation.Candidate, yardstickSurprise: Double,
        tallies: [WindowTally.Candidate]
    ) {
        let divergences = tallies.flatMap(\.divergences), count = Double(divergences.count)
        let surprise = tallies.map(\.surprise).reduce(0, +)
        experts = candidate.experts
        format = candidate.model.checkpoint.weightFormat.name
        self.divergences = divergences
        bitsPerByte = surprise / count / log(2)
        bitsPerByteDelta = 100 * (surprise / yardstickSurprise - 1)
        meanDivergence = divergences.reduce(0) { $0 + Double($1) } / count
        divergenceP99 = Double(divergences.sorted()[Int(0.99 * (count - 1))])
        topAgreement = Double(tallies.map(\.agreements).reduce(0, +)) / count
        layerErrors = (tallies.first?.layerSums ?? []).indices.map { layer in
            let difference = tallies.map { $0.layerSums[layer].difference }.reduce(0, +)
            let total = tallies.map { $0.layerSums[layer].total }.reduce(0, +)
            return (difference / max(total, .leastNormalMagnitude)).squareRoot()
        }
    }
}
