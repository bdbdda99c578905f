/// What was written when a checkpoint was quantised.
public struct QuantizationReport: Sendable {
    /// The files of weights.
    public let files: [String]
    /// How many linear layers became int8.
    public let quantizedCount: Int
    /// How many tensors are floats as before.
    public let copiedCount: Int
    /// How many bytes of the source's tensors were read.
    public let sourceByteCount: Int
    /// How many bytes the files of weights have.
    public let byteCount: Int
    /// What quantising weights anew has cost that were quantised in another form; nil where none
    /// were.
    public let loss: RequantizationLoss?
    /// What else a user should know, a sentence each.
    public let notes: [String]

    init(
        _ pieces: [OutputPiece], _ notes: [String], _ shards: [OutputShard],
        loss: RequantizationLoss
    ) {
        files = shards.map(\.name)
        quantizedCount = pieces.reduce(0) { $0 + $1.quantizedCount }
        copiedCount = pieces.count { !$0.isQuantized }
        sourceByteCount = pieces.reduce(0) { $0 + $1.sourceByteCount }
        byteCount = shards.reduce(0) { $0 + $1.byteCount }
        self.loss = loss.isEmpty ? nil : loss
        self.notes = notes
    }
}
