import MoECheckpoint

/// Finds smooth factors by what the float experts' down-projections read of a text.
struct FactorSearch {
    private let decoder: Decoder
    private let tokens: [Int]
    private let windows: [TextWindow]
    private let threads: Int
    /// 1 - Σ p² of the token after every input, by window.
    private let doubts: [[Float]]

    /// A search on a text; runs the text once to see how sure the model is of it.
    ///
    /// - Parameters:
    ///   - decoder: the model, with float experts.
    ///   - tokens: the text.
    ///   - windows: what is read of it.
    ///   - threads: how many windows, or experts, are worked on at the same time.
    /// - Throws: what the block throws.
    init(
        _ decoder: Decoder, tokens: [Int], windows: [TextWindow], threads: Int
    ) throws {
        let most = windows.mostInputs
        doubts = try parallelMap(windows, threads: threads) {
            decoder.makeState(positions: most, rows: most, logitRows: most)
        } transform: { state, window in
            state.clear()
            try decoder.forward(
                tokens[window.inputs], state: state, logitRows: window.inputs.count)
            let predictions = Predictions(
                state.logits, vocabularySize: decoder.configuration.vocabularySize)
            return (0..<window.inputs.count).map { Float(predictions.doubt(position: $0)) }
        }
        self.decoder = decoder
        self.tokens = tokens
        self.windows = windows
        self.threads = threads
    }

    /// Finds the factors of one layer.
    ///
    /// - Parameter layer: a layer with experts.
    /// - Returns: the factors, and the experts that they are for.
    /// - Throws: what ``ActivatedRows`` and the block throw.
    func factors(layer: Int) throws -> LeastNoiseFactors {
        let rows = try ActivatedRows(
            decoder.checkpoint.layer(layer, experts: .float), index: layer)
        let most = windows.mostInputs
        let state = decoder.makeState(positions: most, rows: most)
        for (window, doubts) in zip(windows, doubts) {
            state.clear()
            rows.doubts = doubts
            try decoder.forward(tokens[window.inputs], state: state, logitRows: 0, observer: rows)
        }
        return try LeastNoiseFactors(rows, threads: threads)
    }
}
