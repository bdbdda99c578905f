/// What the factors of one expert change, window by window, against int8 without factors.
struct ExpertChange: Sendable {
    /// The expert's layer.
    let layer: Int
    /// The expert.
    let expert: Int
    /// The power of its factors.
    let alpha: Float
    /// The change of the surprise at a token, -ln p, in nats, by text and window.
    let surprises: [[Double]]
    /// The change of the divergence from the float model, in nats, by text and window.
    let divergences: [[Double]]
}

extension ExpertChange {
    /// Measures all experts with every α.
    ///
    /// - Parameters:
    ///   - factors: the factors of every layer that has experts.
    ///   - decoder: the model, with float experts on one thread.
    ///   - text: what to measure on.
    ///   - threads: how many windows are computed at the same time.
    /// - Returns: by expert, layer after layer, a change for every α of ``Calibration/alphas``.
    /// - Throws: what the block throws, and ``StreamGradients``.
    static func measured(
        _ factors: [(layer: Int, factors: LeastNoiseFactors)], _ decoder: Decoder,
        on text: CalibrationText, threads: Int
    ) throws -> [[ExpertChange]] {
        let backend = try Backends.backend(decoder.experts.backend)
        let window = text.choosing.joined().mostInputs
        let gradients = try StreamGradients(decoder, positions: window)
        let experts = try factors.map { try LoneExpert.all(of: $1, backend: backend) }
        let layers = factors.map(\.layer)
        let changes = try text.choosing.map { windows in
            try parallelMap(windows, threads: threads) {
                WindowChanges(decoder, gradients, Array(zip(layers, experts)), window: window)
            } transform: { worker, window in
                try worker.changes(text.tokens, window)
            }
        }
        return layers.enumerated().flatMap { place, layer in
            experts[place].indices.map { expert in
                Calibration.alphas.enumerated().map { index, alpha in
                    ExpertChange(
                        layer: layer, expert: expert, alpha: alpha,
                        surprises: changes.map { $0.map { $0[place][expert][index].surprise } },
                        divergences: changes.map { $0.map { $0[place][expert][index].divergence } })
                }
            }
        }
    }
}
