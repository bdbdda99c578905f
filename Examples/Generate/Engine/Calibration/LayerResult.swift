extension Calibration {
    /// What was tried for one layer.
    public struct LayerResult: Sendable {
        /// The layer.
        public let layer: Int
        /// The mean KL divergence that its int8 experts cause without factors, in nats.
        public let plainDivergence: Double
        /// Every α and the mean KL divergence with its factors.
        public let trials: [(alpha: Float, divergence: Double)]
        /// The best of them; nil if none is better than no factors.
        public let chosen: (alpha: Float, divergence: Double)?
        /// Whether the layer keeps its factors beside those of the other layers.
        public internal(set) var isKept = false
    }
}

extension Calibration.LayerResult {
    /// The best α of a layer, if it is better than no factors beyond the standard error.
    ///
    /// - Parameters:
    ///   - layer: the layer.
    ///   - divergences: the mean of every window, without factors and then for every α.
    init(layer: Int, divergences: [[Double]]) {
        let plain = divergences[0]
        let trials = zip(Calibration.alphas, divergences.dropFirst())
        let best = trials.min { $0.1.mean < $1.1.mean }.flatMap { alpha, windows in
            let gains = zip(plain, windows).map { $0 - $1 }
            return gains.mean > gains.standardError ? (alpha, windows.mean) : nil
        }
        self.layer = layer
        self.trials = trials.map { (alpha: $0, divergence: $1.mean) }
        plainDivergence = plain.mean
        chosen = best.map { (alpha: $0, divergence: $1) }
    }
}
