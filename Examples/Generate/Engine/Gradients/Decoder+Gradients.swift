public import MoE
import MoECheckpoint

extension Decoder {
    /// The gradients of a text's surprise with respect to the residual stream behind every layer.
    ///
    /// The surprise is the sum of -ln p over all tokens but the first.
    ///
    /// - Parameter tokens: the text; two tokens or more.
    /// - Returns: `[T - 1, D]` for every layer; a row for every token but the last.
    /// - Throws: ``EngineError`` for experts that are not float, a shorter text and tokens that do
    ///   not exist; what the block throws.
    public func surpriseGradients(of tokens: [Int]) throws -> [Matrix<Float>] {
        guard experts.format == .float, tokens.count > 1 else {
            throw EngineError("gradients: wanted float experts and a text of two tokens or more")
        }
        let rows = tokens.count - 1, pass = RecordedPass()
        let state = makeState(positions: rows, rows: rows, logitRows: rows)
        try forward(tokens.dropLast(), state: state, logitRows: rows, observer: pass)
        let predictions = Predictions(
            state.logits, vocabularySize: configuration.vocabularySize)
        let gradients = try StreamGradients(self, positions: rows).pullback(of: pass)(
            predictions.gradient(surprisesAt: tokens.dropFirst()))
        return try gradients.map {
            try Matrix(rows: rows, columns: configuration.hiddenSize, elements: $0)
        }
    }
}
