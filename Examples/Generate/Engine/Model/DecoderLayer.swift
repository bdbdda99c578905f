import MoE

/// One layer: attention, then experts or a dense network, each on a norm and added to the stream.
struct DecoderLayer: Sendable {
    let attentionNorm: RMSNorm
    let attention: Attention
    let feedForwardNorm: RMSNorm
    var feedForward: FeedForward

    /// Computes the rows in the state's memory, in place.
    func forward(
        rows: Int, index: Int, state: DecoderState, observer: (any LayerObserver)?
    ) throws {
        attend(rows: rows, index: index, state: state, observer: observer)
        try transform(rows: rows, index: index, state: state, observer: observer)
    }

    /// Adds what attention makes of the rows.
    private func attend(
        rows: Int, index: Int, state: DecoderState, observer: (any LayerObserver)?
    ) {
        let count = rows * attentionNorm.weight.count
        let hidden = state.activations.hidden.base, normed = state.activations.normed.base
        let change = state.activations.change.base

        attentionNorm.apply(hidden, count: count, into: normed)
        attention.forward(
            normed, rows: rows, position: state.position, cache: state.caches[index],
            rotary: state.rotary, memory: state.activations, into: change)
        for place in 0..<count { hidden[place] += change[place] }
        observer?.attended(
            layer: index, stream: UnsafeBufferPointer(start: hidden, count: count).span)
    }

    /// Adds what the experts, or the dense network, make of the rows.
    private func transform(
        rows: Int, index: Int, state: DecoderState, observer: (any LayerObserver)?
    ) throws {
        let count = rows * feedForwardNorm.weight.count
        let hidden = state.activations.hidden.base, normed = state.activations.normed.base
        let change = state.activations.change.base

        feedForwardNorm.apply(hidden, count: count, into: normed)
        let input = UnsafeBufferPointer(start: normed, count: count).span
        switch feedForward {
        case .experts(let block):
            try block.forward(input, in: &state.workspace)
            state.expertTime += state.workspace.timings.total
            let output = state.workspace.output
            for place in 0..<count { hidden[place] += output[place] }
        case .dense(let network):
            network.forward(normed, rows: rows, memory: state.activations, into: change)
            for place in 0..<count { hidden[place] += change[place] }
        }
        try observer?.computed(
            layer: index, block: feedForward.block, input: input, workspace: state.workspace,
            stream: UnsafeBufferPointer(start: hidden, count: count).span)
    }
}

/// Looks at every layer as soon as it is computed.
protocol LayerObserver: AnyObject {
    /// A layer's attention has been added to the stream.
    ///
    /// - Parameters:
    ///   - layer: which one, from 0.
    ///   - stream: the residual stream, `[T, D]`.
    func attended(layer: Int, stream: Span<Float>)

    /// A layer has been computed.
    ///
    /// - Parameters:
    ///   - layer: which one, from 0.
    ///   - block: its experts; nil for a dense layer.
    ///   - input: what they read, `[T, D]`.
    ///   - workspace: what their pass left behind.
    ///   - stream: the residual stream after the layer, `[T, D]`.
    /// - Throws: what the observer does not want to go on with.
    func computed(
        layer: Int, block: MoEBlock?, input: Span<Float>, workspace: borrowing Workspace,
        stream: Span<Float>) throws
}

extension LayerObserver {
    func attended(layer: Int, stream: Span<Float>) {}
}
