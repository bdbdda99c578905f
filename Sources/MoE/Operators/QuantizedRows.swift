/// int8 rows with one scale per row: `v[i, h] ≈ values[i, h] * scale[i]`.
///
/// What a dynamic quantisation gives. A row of zeros has scale 0; a row that held an infinity or a
/// NaN is zeros with an infinite or NaN scale, so that a broken row stays visible. A static
/// quantisation gives rows of the same kind whose scale is 0 everywhere.
public struct QuantizedRows: Sendable, Equatable {
    /// The integers, `[T, H]`.
    public let values: Matrix<Int8>
    /// One factor per row, `[T]`.
    public let scale: [Float]

    /// Quantised rows of their parts.
    ///
    /// - Parameters:
    ///   - values: the integers, `[T, H]`.
    ///   - scale: one factor per row, `[T]`.
    /// - Throws: `shape` if there is not one scale per row.
    public init(values: Matrix<Int8>, scale: [Float]) throws(MoEError) {
        guard scale.count == values.rows else {
            throw MoEError(
                .shape, "scale: [\(scale.count)], wanted one per row of \(values.shapeText)")
        }
        self.init(values: values, unchecked: scale)
    }

    package init(values: Matrix<Int8>, unchecked scale: [Float]) {
        self.values = values
        self.scale = scale
    }
}
