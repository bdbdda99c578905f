internal import CANN
internal import MoE

/// Stage 1's selection on the device: the k best experts of every token.
///
/// CANN's MoeGatingTopK. Of its results only the experts are read: what it makes of their scores
/// differs between releases, and the host's formula is the same everywhere.
final class SelectionStage {
    private let logits: DeviceTensor
    private let bias: OwnedTensor?
    private let weights: DeviceTensor
    private let experts: DeviceTensor
    private let scores: DeviceTensor
    private let rule: SelectionRule
    private let function: OperatorFunction<cann_aclnnMoeGatingTopKGetWorkspaceSize>
    private var call: OperatorCall

    /// Where the operator's tensors lie.
    struct Places {
        /// `[T, E]` float32.
        let logits: UnsafeMutableRawPointer
        /// `[T, k]` float32, not read.
        let weights: UnsafeMutableRawPointer
        /// `[T, k]` int32.
        let experts: UnsafeMutableRawPointer
        /// `[T, E]` float32, not written.
        let scores: UnsafeMutableRawPointer
    }

    /// The operator at given addresses.
    ///
    /// - Parameters:
    ///   - function: the operator.
    ///   - rule: what it selects by.
    ///   - tokens: T.
    ///   - places: where its tensors lie.
    ///   - bias: what is added to the scores for the selection, `[E]`.
    ///   - library: CANN.
    /// - Throws: `call` if a tensor cannot be described.
    init(
        _ function: OperatorFunction<cann_aclnnMoeGatingTopKGetWorkspaceSize>,
        _ rule: SelectionRule, tokens: Int, at places: Places, bias: OwnedTensor?,
        _ library: CANNLibrary
    ) throws(AscendError) {
        logits = try DeviceTensor(.float32, [tokens, rule.experts], at: places.logits, library)
        weights = try DeviceTensor(.float32, [tokens, rule.topK], at: places.weights, library)
        experts = try DeviceTensor(.int32, [tokens, rule.topK], at: places.experts, library)
        scores = try DeviceTensor(.float32, [tokens, rule.experts], at: places.scores, library)
        self.bias = bias
        self.rule = rule
        self.function = function
        call = OperatorCall(function)
    }

    deinit {
        call.forget()
    }

    /// Puts the operator on the stream.
    func enqueue(on session: DeviceSession) throws(AscendError) {
        try call.enqueue(on: session) { size, executor in
            function.plan(
                logits.handle, bias?.handle, Int64(rule.topK), Int64(rule.keptGroups),
                Int64(rule.groups), /* rank by sum of two: */ rule.ranksBySum ? 1 : 0,
                /* renormalise: */ 0, /* sigmoid: */ rule.isSigmoid ? 1 : 0,
                /* give scores: */ false, /* factor: */ 1, /* epsilon: */ 1e-20, weights.handle,
                experts.handle, scores.handle, size, executor)
        }
    }
}
