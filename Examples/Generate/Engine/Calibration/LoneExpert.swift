import MoE

/// One expert of a layer in all the forms that are compared, each a block of its own.
struct LoneExpert: Sendable {
    /// With float weights.
    let float: MoEBlock
    /// In int8 without factors.
    let plain: MoEBlock
    /// In int8 with factors, by ``Calibration/alphas``.
    let smoothed: [MoEBlock]
}

extension LoneExpert {
    /// The experts of a layer.
    ///
    /// - Parameters:
    ///   - factors: the factors of the layer, which hold its float experts.
    ///   - backend: what computes the blocks, on one thread.
    /// - Returns: the experts in their order.
    /// - Throws: what quantising and preparing experts throws.
    static func all(
        of factors: LeastNoiseFactors, backend: any ExpertBackend
    ) throws -> [LoneExpert] {
        let layer = factors.layer
        let forms =
            [layer.experts]
            + (try ([0] + Calibration.alphas).map { alpha in
                try layer.experts.quantized(
                    smooth: factors.powers(Array(repeating: alpha, count: factors.expertCount)))
            })
        let width = layer.router.weight.columns
        return try (0..<factors.expertCount).map { expert in
            let blocks = try forms.map { form in
                try MoEBlock(
                    MoELayer(
                        // A softmax over one logit is 1.
                        router: Router(
                            configuration: RouterConfiguration(topK: 1, score: .softmax),
                            weight: Matrix(rows: 1, columns: width, repeating: 0)),
                        activation: layer.activation, experts: form.only(expert)),
                    backend: backend, threads: 1)
            }
            return LoneExpert(
                float: blocks[0], plain: blocks[1], smoothed: Array(blocks.dropFirst(2)))
        }
    }
}

extension ExpertWeights {
    /// One of the experts.
    fileprivate func only(_ expert: Int) -> ExpertWeights {
        switch self {
        case .float(let experts): .float([experts[expert]])
        case .int8(let experts): .int8([experts[expert]])
        }
    }
}
