import MoECheckpoint

extension Evaluation {
    /// One candidate, measured.
    public struct Result: Sendable, CustomStringConvertible {
        /// What computed the experts.
        public let experts: ExpertChoice
        /// The form in which the checkpoint holds weights.
        public let format: String
        /// How its predictions differ from those with float experts.
        public let figures: Figures
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
        _ candidate: Evaluation.Candidate, yardstickSurprises: [Double],
        tallies: [WindowTally.Candidate]
    ) {
        experts = candidate.experts
        format = candidate.model.checkpoint.weightFormat.name
        figures = Evaluation.Figures(yardstickSurprises: yardstickSurprises, tallies: tallies)
        divergences = tallies.flatMap(\.divergences)
        layerErrors = (tallies.first?.layerSums ?? []).indices.map { layer in
            let difference = tallies.map { $0.layerSums[layer].difference }.reduce(0, +)
            let total = tallies.map { $0.layerSums[layer].total }.reduce(0, +)
            return (difference / max(total, .leastNormalMagnitude)).squareRoot()
        }
    }
}
