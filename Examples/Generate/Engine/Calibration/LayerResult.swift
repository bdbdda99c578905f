extension Calibration {
    /// What was chosen for one layer.
    public struct LayerResult: Sendable {
        /// The layer.
        public let layer: Int
        /// The power of every expert's factors; 0 for no factors.
        public let alphas: [Float]
        /// Whether the layer keeps its factors beside those of the other layers.
        public internal(set) var isKept = false
    }
}

extension Calibration.LayerResult {
    /// What a selection chose for a layer.
    init(_ layer: Int, _ factors: LeastNoiseFactors, _ selection: ExpertSelection) {
        var alphas = [Float](repeating: 0, count: factors.expertCount)
        for case let change? in selection.chosen where change.layer == layer {
            alphas[change.expert] = change.alpha
        }
        self.layer = layer
        self.alphas = alphas
    }
}
