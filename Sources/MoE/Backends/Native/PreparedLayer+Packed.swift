/// A shared expert that was packed before, and what its output is multiplied by.
package struct PackedSharedExpert: Sendable {
    /// One expert.
    package var experts: PackedExperts
    /// What happens between its projections.
    package var activation: Activation
    /// A row `[D]` whose product with a token goes through a sigmoid; nil for no gate.
    package var gate: [Float]?
    /// What the output is multiplied by, beside the gate.
    package var scale: Float

    /// A shared expert of its parts.
    package init(experts: PackedExperts, activation: Activation, gate: [Float]?, scale: Float) {
        self.experts = experts
        self.activation = activation
        self.gate = gate
        self.scale = scale
    }
}

extension PreparedLayer {
    /// A layer of experts that were packed before.
    ///
    /// - Parameters:
    ///   - router: the router.
    ///   - routed: the routed experts.
    ///   - activation: what happens between their projections.
    ///   - shared: the expert every token goes through, if there is one.
    ///   - weightsInput: whether a routing weight multiplies its expert's input.
    /// - Throws: `shape` or `configuration` if the parts do not fit.
    package init(
        router: Router, routed: PackedExperts, activation: Activation,
        shared: PackedSharedExpert?, weightsInput: Bool
    ) throws(MoEError) {
        try router.validate(routed: routed.shape, weightsInput: weightsInput)
        self.shape = routed.shape
        self.backendName = BackendName.native.rawValue
        self.router = router
        self.selection = nil
        self.weightsInput = weightsInput
        self.routed = PreparedExperts(routed, activation)
        self.shared =
            if let shared {
                try PreparedSharedExpert(shared, beside: routed.shape)
            } else { nil }
    }
}

extension PreparedSharedExpert {
    fileprivate convenience init(
        _ shared: PackedSharedExpert, beside routed: ExpertShape
    ) throws(MoEError) {
        let shape = shared.experts.shape
        try routed.validate(shared: shape, gate: shared.gate)
        self.init(
            experts: PreparedExperts(shared.experts, shared.activation), shape: shape,
            gate: shared.gate, scale: shared.scale)
    }
}

extension PreparedExperts {
    fileprivate init(_ packed: PackedExperts, _ activation: Activation) {
        self = .pass(NativeExperts(packed: packed, activation: activation, smooth: nil))
    }
}
