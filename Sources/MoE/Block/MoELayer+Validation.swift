extension MoELayer {
    /// The depth up to which an int32 sum of int8 products cannot overflow: 127 · 128 · K < 2^31.
    package static let maximumInt8Depth = 131_072

    /// Checks that router, experts and shared expert fit, and says what sizes they have.
    ///
    /// - Returns: the sizes; those of the routed experts are in the latent width, if there is one.
    /// - Throws: `shape` or `configuration`, naming what disagrees.
    func validated() throws(MoEError) -> (routed: ExpertShape, shared: ExpertShape?) {
        let routed = try experts.validatedShape(name: "experts", isGated: activation.isGated)
        try latent?.validate(width: routed.hiddenSize)
        let outer = routed.outside(latent)
        try router.validate(routed: outer, weightsInput: weightsInput)
        guard latent == nil || router.expertCount == routed.expertCount else {
            throw MoEError(
                .configuration, "router: experts without weights beside those of a latent width")
        }
        guard let shared else { return (routed, nil) }
        let shape = try shared.experts.validatedShape(
            name: "shared expert", isGated: (shared.activation ?? activation).isGated)
        try outer.validate(shared: shape, gate: shared.gate)
        guard shared.experts.formatName == experts.formatName else {
            throw MoEError(
                .configuration,
                "shared expert: \(shared.experts.formatName) beside \(experts.formatName) experts")
        }
        return (routed, shape)
    }
}

extension Router {
    /// Checks that a router fits itself and the experts that it sends tokens to.
    ///
    /// - Parameters:
    ///   - routed: the sizes of the experts that have weights.
    ///   - weightsInput: whether a routing weight multiplies its expert's input.
    /// - Throws: `shape` or `configuration`, naming what disagrees.
    func validate(routed: ExpertShape, weightsInput: Bool) throws(MoEError) {
        try validate()
        guard weight.columns == routed.hiddenSize else {
            throw MoEError(
                .shape, "router: weight \(weight.shapeText), wanted [E, \(routed.hiddenSize)]")
        }
        guard expertCount >= routed.expertCount else {
            throw MoEError(
                .shape, "router: weight \(weight.shapeText) for \(routed.expertCount) experts")
        }
        guard !weightsInput || expertCount == routed.expertCount else {
            throw MoEError(
                .configuration, "router: weights on the input of experts that have no weights")
        }
    }
}

extension ExpertShape {
    /// The sizes as the block sees them: in the tokens' width.
    func outside(_ latent: LatentProjections?) -> ExpertShape {
        var shape = self
        shape.hiddenSize = latent?.hiddenSize ?? hiddenSize
        return shape
    }

    /// Checks that a shared expert fits the routed ones, whose sizes these are.
    ///
    /// - Parameters:
    ///   - shape: the sizes of the shared expert.
    ///   - gate: its gate, if it has one.
    /// - Throws: `shape`, naming what disagrees.
    func validate(shared shape: ExpertShape, gate: [Float]?) throws(MoEError) {
        guard shape.expertCount == 1 else {
            throw MoEError(.shape, "shared expert: \(shape.expertCount) experts, wanted one")
        }
        guard shape.hiddenSize == hiddenSize else {
            throw MoEError(
                .shape, "shared expert: hidden size \(shape.hiddenSize), wanted \(hiddenSize)")
        }
        guard gate.map({ $0.count == hiddenSize }) ?? true else {
            throw MoEError(
                .shape, "shared expert: gate [\(gate?.count ?? 0)], wanted [\(hiddenSize)]")
        }
    }
}

extension ExpertWeights {
    /// The sizes all experts agree on.
    ///
    /// - Parameters:
    ///   - name: what the experts are called in an error.
    ///   - isGated: whether the first projection has gate rows.
    /// - Returns: the sizes.
    /// - Throws: `shape` or `configuration`, naming the expert that disagrees.
    func validatedShape(name: String, isGated: Bool) throws(MoEError) -> ExpertShape {
        switch self {
        case .int8(let experts):
            let shape = try Self.shape(of: experts, name: name, isGated: isGated) {
                $0.values.dimensions
            }
            for (what, depth) in [("D", shape.hiddenSize), ("H", shape.expertWidth)]
            where depth > MoELayer.maximumInt8Depth {
                throw MoEError(
                    .configuration,
                    "\(name): \(what) = \(depth) is above \(MoELayer.maximumInt8Depth), "
                        + "the depth to which int32 sums are exact")
            }
            for (index, expert) in experts.enumerated() {
                try Self.check(
                    smooth: expert.smooth, of: "\(name)[\(index)]", width: shape.expertWidth)
            }
            return shape
        case .float(let experts):
            if let index = experts.firstIndex(where: { $0.smooth != nil }) {
                throw MoEError(
                    .configuration,
                    "\(name)[\(index)]: smooth factors on float weights, wanted int8 weights")
            }
            return try Self.shape(of: experts, name: name, isGated: isGated) { $0.dimensions }
        }
    }

    /// Checks an expert's smooth factors: one per column of the down-projection, above 0.
    static func check(
        smooth: [Float]?, of name: String, width: Int
    ) throws(MoEError) {
        guard let smooth else { return }
        guard smooth.count == width else {
            throw MoEError(.shape, "\(name): smooth factors [\(smooth.count)], wanted [\(width)]")
        }
        if let index = smooth.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
            throw MoEError(
                .value,
                "\(name): smooth factor \(index) is \(smooth[index]), wanted above 0 and finite")
        }
    }

    private static func shape<Weights>(
        of experts: [Expert<Weights>], name: String, isGated: Bool,
        dimensions: (Weights) -> (rows: Int, columns: Int)
    ) throws(MoEError) -> ExpertShape {
        guard let first = experts.first else {
            throw MoEError(.shape, "\(name): there are none")
        }
        let (hiddenSize, expertWidth) = dimensions(first.down)
        guard hiddenSize > 0, expertWidth > 0 else {
            throw MoEError(
                .shape, "\(name): down [\(hiddenSize), \(expertWidth)] has an empty dimension")
        }
        let inputWidth = isGated ? 2 * expertWidth : expertWidth
        for (index, expert) in experts.enumerated() {
            let gateUp = dimensions(expert.gateUp), down = dimensions(expert.down)
            guard gateUp == (inputWidth, hiddenSize), down == (hiddenSize, expertWidth) else {
                throw MoEError(
                    .shape,
                    "\(name)[\(index)]: gate·up [\(gateUp.rows), \(gateUp.columns)] and down "
                        + "[\(down.rows), \(down.columns)], wanted "
                        + "[\(inputWidth), \(hiddenSize)] and [\(hiddenSize), \(expertWidth)]")
            }
            guard expert.gateUpBias.map({ $0.count == gateUp.rows }) ?? true,
                expert.downBias.map({ $0.count == down.rows }) ?? true
            else {
                throw MoEError(.shape, "\(name)[\(index)]: a bias is not one value per channel")
            }
        }
        return ExpertShape(
            expertCount: experts.count, hiddenSize: hiddenSize, expertWidth: expertWidth)
    }
}

extension Matrix {
    fileprivate var dimensions: (rows: Int, columns: Int) { (rows, columns) }
}
