public import MoE
public import MoECheckpoint

/// What computes a decoder's experts.
public struct ExpertChoice: Sendable {
    /// The form of their weights.
    public var format: ExpertFormat
    /// The backend.
    public var backend: BackendName
    /// How many threads may work; nil for one per processor.
    public var threads: Int?
    /// What int8 experts multiply their activations by before they quantise them; nil for nothing.
    public var smooth: SmoothFactors?

    /// A choice of format, backend, threads and smooth factors.
    public init(
        _ format: ExpertFormat = .int8, backend: BackendName = .auto, threads: Int? = nil,
        smooth: SmoothFactors? = nil
    ) {
        self.format = format
        self.backend = backend
        self.threads = threads
        self.smooth = smooth
    }

    /// A layer's experts on the backend.
    ///
    /// - Parameters:
    ///   - layer: the layer's index; its experts are read from the checkpoint.
    ///   - checkpoint: the model.
    /// - Returns: the block.
    /// - Throws: what reading, quantising and preparing the layer throws.
    func block(of layer: Int, in checkpoint: Checkpoint) throws -> MoEBlock {
        let backend = try Backends.backend(backend)
        guard format == .int8, let factors = smooth?.layers[layer] else {
            return try MoEBlock(
                checkpoint.layer(layer, experts: format), backend: backend, threads: threads)
        }
        var smoothed = try checkpoint.layer(layer, experts: .float)
        smoothed.experts = try smoothed.experts.quantized(smooth: factors.matrix)
        return try MoEBlock(smoothed, backend: backend, threads: threads)
    }
}
