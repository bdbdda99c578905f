import MoE

/// Keeps the residual stream behind every layer, and counts every expert's rows.
final class StreamRecorder: LayerObserver {
    /// The stream behind every layer, `[T, D]`.
    private(set) var streams: [[Float]] = []
    /// The rows that every expert got, by layer; empty for a dense layer.
    private(set) var rowsOfExperts: [[Int64]] = []

    func computed(
        layer: Int, block: MoEBlock?, input: Span<Float>, workspace: borrowing Workspace,
        stream: Span<Float>
    ) throws {
        streams.append(stream.withUnsafeBufferPointer { Array($0) })
        rowsOfExperts.append(block == nil ? [] : workspace.dispatch.groupIndex.counts)
    }
}

/// Compares the residual stream behind every layer with a recorded one.
final class StreamComparison: LayerObserver {
    /// ‖found − recorded‖² and ‖recorded‖², by layer.
    private(set) var sums: [(difference: Double, total: Double)] = []
    private let recorded: StreamRecorder

    init(with recorded: StreamRecorder) {
        self.recorded = recorded
    }

    func computed(
        layer: Int, block: MoEBlock?, input: Span<Float>, workspace: borrowing Workspace,
        stream: Span<Float>
    ) throws {
        var difference: Float = 0, total: Float = 0
        for (index, wanted) in recorded.streams[layer].enumerated() {
            let found = stream[index]
            difference += (found - wanted) * (found - wanted)
            total += wanted * wanted
        }
        sums.append((Double(difference), Double(total)))
    }
}
