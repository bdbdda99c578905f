/// What some routers read beside the hidden states, and how it is checked.
extension PreparedRouter {
    /// Checks that a pass brings what the router reads, and nothing else.
    ///
    /// - Parameters:
    ///   - tokens: how many tokens the pass has.
    ///   - routerInput: how many floats the router's own input has; nil for none.
    ///   - tokenIDs: the tokens' ids; nil for none.
    /// - Throws: `input` for an input that is missing or that nothing reads, `shape` for one of
    ///   another size, `value` for an id that the table does not have.
    func check(
        tokens: Int, routerInput: Int?, tokenIDs: Span<Int32>?
    ) throws(MoEError) {
        try Self.check(
            "router input", isRead: inputNormEpsilon != nil, count: routerInput,
            wanted: tokens * width)
        try Self.check(
            "token ids", isRead: expertsOfToken != nil, count: tokenIDs?.count, wanted: tokens)
        guard let table = expertsOfToken, let tokenIDs else { return }
        for index in 0..<tokenIDs.count where !(0..<table.rows).contains(Int(tokenIDs[index])) {
            throw MoEError(
                .value,
                "token ids[\(index)]: \(tokenIDs[index]) is not within 0..<\(table.rows)")
        }
    }

    private static func check(
        _ name: String, isRead: Bool, count: Int?, wanted: Int
    ) throws(MoEError) {
        guard isRead == (count != nil) else {
            throw MoEError(
                .input,
                isRead
                    ? "\(name): this layer's router reads them beside the hidden states, "
                        + "and there are none"
                    : "\(name): this layer's router reads the hidden states alone")
        }
        guard let count, count != wanted else { return }
        throw MoEError(.shape, "\(name): \(count) values, wanted \(wanted)")
    }

    /// Divides a token's logits by the root mean square of its elements: as if those had been.
    func normalize(
        _ logits: UnsafeMutablePointer<Float>, count: Int, of x: UnsafePointer<Float>,
        epsilon: Float
    ) {
        var sum: Double = 0
        for index in 0..<width { sum += Double(x[index]) * Double(x[index]) }
        let factor = Float(1 / (sum / Double(width) + Double(epsilon)).squareRoot())
        for expert in 0..<count { logits[expert] *= factor }
    }
}

extension Router {
    /// Checks the table of experts by token.
    ///
    /// - Throws: `shape`, `configuration` or `value`, naming the row that is not k experts.
    func validateTable() throws(MoEError) {
        guard let table = expertsOfToken else { return }
        guard configuration.alwaysChosen == 0 else {
            throw MoEError(
                .configuration, "router: experts that are always chosen beside a table of them")
        }
        guard table.columns == configuration.topK else {
            throw MoEError(
                .shape,
                "router: experts by token \(table.shapeText), wanted [V, \(configuration.topK)]")
        }
        guard let place = table.elements.firstIndex(where: { !(0..<expertCount).contains(Int($0)) })
        else { return }
        throw MoEError(
            .value,
            "router: token \(place / table.columns) is sent to expert \(table.elements[place]), "
                + "wanted one within 0..<\(expertCount)")
    }
}
