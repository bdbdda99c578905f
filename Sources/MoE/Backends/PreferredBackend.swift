/// A backend for what it can compute, and another one for the rest: `native` with its int8 experts
/// alone, `auto` with a device.
///
/// A layer goes to one of the two as a whole, shared expert included.
struct PreferredBackend: ExpertBackend {
    let preferred: any ExpertBackend
    let otherwise: any ExpertBackend

    var name: String { preferred.name }

    /// The backend for a layer; it may again be one of two.
    ///
    /// - Parameters:
    ///   - layer: the layer, validated.
    ///   - shapes: its sizes.
    /// - Returns: the preferred one, or the other one where it says that it cannot.
    /// - Throws: what the preferred one reports beside that.
    func choice(
        for layer: borrowing MoELayer, _ shapes: (routed: ExpertShape, shared: ExpertShape?)
    ) throws(MoEError) -> any ExpertBackend {
        do {
            try preferred.check(
                layer.experts, shape: shapes.routed, activation: layer.activation)
            if let shared = layer.shared, let shape = shapes.shared {
                try preferred.check(
                    shared.experts, shape: shape,
                    activation: shared.activation ?? layer.activation)
            }
            return preferred
        } catch  where error.code == MoEError.Code.unsupported {
            return otherwise
        }
    }

    func prepare(
        _ experts: consuming ExpertWeights, shape: ExpertShape, activation: Activation
    ) throws(MoEError) -> PreparedExperts {
        do {
            try preferred.check(experts, shape: shape, activation: activation)
        } catch  where error.code == MoEError.Code.unsupported {
            return try otherwise.prepare(experts, shape: shape, activation: activation)
        }
        return try preferred.prepare(experts, shape: shape, activation: activation)
    }

    func groupedMatmul(
        _ x: Matrix<Int8>, _ weights: [Matrix<Int8>], groups: GroupIndex, threads: Int
    ) throws(MoEError) -> Matrix<Int32> {
        try choice { backend throws(MoEError) in
            try backend.groupedMatmul(x, weights, groups: groups, threads: threads)
        }
    }

    func dequantSwiGLUQuant(
        _ call: DequantSwiGLUQuant, threads: Int
    ) throws(MoEError) -> QuantizedRows {
        try choice { backend throws(MoEError) in
            try backend.dequantSwiGLUQuant(call, threads: threads)
        }
    }

    /// What `body` gives with the preferred backend, or with the other one if that is unsupported.
    private func choice<Result>(
        _ body: (any ExpertBackend) throws(MoEError) -> Result
    ) throws(MoEError) -> Result {
        do {
            return try body(preferred)
        } catch  where error.code == MoEError.Code.unsupported {
            return try body(otherwise)
        }
    }
}
