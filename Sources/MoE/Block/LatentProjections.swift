/// What surrounds routed experts that work in a width L of their own, narrower than the tokens' D.
///
/// Router and shared expert see the tokens as they are. Both projections compute in float32.
public struct LatentProjections: Sendable {
    /// What a token goes through before its experts, `[L, D]`.
    public var compression: Matrix<Float>
    /// What the weighted sum of a token's experts goes through, `[D, L]`.
    public var expansion: Matrix<Float>

    /// Projections into a latent width and out of it.
    public init(compression: Matrix<Float>, expansion: Matrix<Float>) {
        self.compression = compression
        self.expansion = expansion
    }

    /// D: elements of a token.
    var hiddenSize: Int { compression.columns }

    /// Checks that the projections fit the experts between them.
    ///
    /// - Parameter width: L, by the experts.
    /// - Throws: `shape`, naming both matrices.
    func validate(width: Int) throws(MoEError) {
        guard hiddenSize > 0, compression.rows == width, expansion.columns == width,
            expansion.rows == hiddenSize
        else {
            throw MoEError(
                .shape,
                "latent projections: \(compression.shapeText) and \(expansion.shapeText), wanted "
                    + "[\(width), D] and [D, \(width)]")
        }
    }
}
