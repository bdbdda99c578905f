/// The depth up to which an int32 sum of any int8 products cannot overflow: 128 · 128 · K < 2^31.
private let maximumDepth = 131_071

/// A grouped int8 GEMM: every group of rows times a matrix of its own, exact in int32.
///
/// `y[r, n] = Σ_k x[r, k] * weights[g][n, k]` with g the group of row r. All of int8 is exact,
/// −128 included; rows past the sum of the counts are 0.
///
/// - Parameters:
///   - x: the rows, `[R, K]`, those of group 0 first.
///   - weights: one matrix per group, `[N, K]` each.
///   - groups: how many rows each group has, in count form, one entry per matrix.
///   - backend: what computes it; nil for the best of this build.
///   - threads: how many threads may work; nil for one per processor.
/// - Returns: the accumulators, `[R, N]`.
/// - Throws: `shape` if the operands disagree, `groupIndex` if the groups do not fit the rows,
///   `configuration` if K is above 131071.
public func groupedMatmul(
    _ x: Matrix<Int8>, _ weights: [Matrix<Int8>], groups: GroupIndex,
    backend: (any ExpertBackend)? = nil, threads: Int? = nil
) throws(MoEError) -> Matrix<Int32> {
    guard groups.form == .counts, groups.segments.count == weights.count else {
        throw MoEError(
            .groupIndex,
            "group_index: \(groups.segments.count) entries, wanted counts for "
                + "\(weights.count) matrices")
    }
    guard groups.rowCount <= x.rows else {
        throw MoEError(
            .groupIndex, "group_index: sum \(groups.rowCount) is above the \(x.rows) rows of x")
    }
    let outputWidth = weights.first?.rows ?? 0
    for (group, matrix) in weights.enumerated() {
        guard matrix.columns == x.columns, matrix.rows == outputWidth else {
            throw MoEError(
                .shape,
                "weight[\(group)]: \(matrix.shapeText), wanted [\(outputWidth), \(x.columns)]")
        }
    }
    guard x.columns <= maximumDepth else {
        throw MoEError(
            .configuration,
            "x: K = \(x.columns) is above \(maximumDepth), the depth to which int32 sums are exact")
    }
    let backend = if let backend { backend } else { try BackendCatalog.backend(.auto).backend }
    return try backend.groupedMatmul(
        x, weights, groups: groups, threads: WorkerPool.threadCount(threads))
}
