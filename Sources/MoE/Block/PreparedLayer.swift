/// A layer in its backend's form: what a block computes with.
package struct PreparedLayer: Sendable {
    let shape: ExpertShape
    let backendName: String
    let router: Router
    let selection: (any ExpertSelection)?
    let weightsInput: Bool
    let routed: PreparedExperts
    let shared: PreparedSharedExpert?

    /// Prepares a layer on a backend.
    ///
    /// - Parameters:
    ///   - layer: configuration and weights; moved into the backend's form.
    ///   - backend: what computes the experts.
    /// - Throws: `shape` or `configuration` if the parts of the layer do not fit.
    init(_ layer: consuming MoELayer, backend: any ExpertBackend) throws(MoEError) {
        let shapes = try layer.validated()
        var backend = backend
        while let preferred = backend as? PreferredBackend {
            backend = try preferred.choice(for: layer, shapes)
        }
        // Taken out of the layer, so that a backend that repacks weights holds the only reference
        // and can drop each expert's as it goes.
        let activation = layer.activation, experts = layer.experts
        layer.experts = .int8([])
        shape = shapes.routed.outside(layer.latent)
        backendName = backend.name
        router = layer.router
        selection = try (backend as? any SelectingBackend)?.selection(for: layer.router)
        weightsInput = layer.weightsInput
        let prepared = try backend.prepare(
            consume experts, shape: shapes.routed, activation: activation)
        routed =
            if let latent = layer.latent {
                .pass(LatentExperts(prepared, shape: shapes.routed, latent))
            } else { prepared }
        if let expert = layer.shared, let shape = shapes.shared {
            shared = PreparedSharedExpert(
                experts: try backend.prepare(
                    expert.experts, shape: shape,
                    activation: expert.activation ?? layer.activation),
                shape: shape, gate: expert.gate, scale: expert.scale)
        } else {
            shared = nil
        }
    }
}
