/// Selects the experts of tokens by their logits in place of the library: a device's operator.
///
/// The weights stay with the library, whose formula for every router is one.
package protocol ExpertSelection: Sendable {
    /// The k experts of every token, best first.
    ///
    /// - Parameters:
    ///   - logits: the tokens' logits, `[T, E]`, corrected by the router's own bias and softcap.
    ///   - stride: from one token's logits to the next one's.
    ///   - tokens: T, at least 1.
    ///   - experts: receives the experts, `[T, k]`.
    /// - Throws: what keeps the device from it.
    func select(
        logits: UnsafePointer<Float>, stride: Int, tokens: Int,
        into experts: UnsafeMutablePointer<Int32>
    ) throws(MoEError)
}

/// A backend that can select experts, too.
package protocol SelectingBackend: ExpertBackend {
    /// The selection for a router; nil where the backend leaves it to the library.
    ///
    /// - Parameter router: the router, validated.
    /// - Returns: the selection, or nil.
    /// - Throws: `unsupported` for a router that the backend is asked to carry out and cannot.
    func selection(for router: Router) throws(MoEError) -> (any ExpertSelection)?
}
