import Synchronization

/// A file of the new checkpoint while it is written: begun for the first of its pieces, put in its
/// place with the last.
final class GrowingShard: Sendable {
    /// What is in the file.
    let shard: OutputShard
    private let path: String
    private let state: Mutex<State>

    private struct State {
        var file: PlacedFile?
        /// Pieces that are not written yet.
        var remaining: Int
    }

    /// A file that is not begun.
    init(_ shard: OutputShard, folder: String) {
        self.shard = shard
        path = "\(folder)/\(shard.name)"
        state = Mutex(State(file: nil, remaining: shard.pieces.count))
    }

    /// Whether an earlier run has put the file in its place.
    ///
    /// It does so only with a file that is whole; size and header tell a file of the same name that
    /// something else has left.
    var isFinished: Bool {
        guard let file = try? RegularFile(opening: path), file.byteCount == shard.byteCount,
            let header = try? file.bytes(0..<shard.header.count)
        else { return false }
        return header == shard.header
    }

    /// The file, begun if it is not yet.
    func file() throws(CheckpointError) -> PlacedFile {
        try state.withLock { state throws(CheckpointError) in
            if let file = state.file { return file }
            let file = try PlacedFile(creating: path)
            let header = shard.header
            try file.write(header.span.bytes, at: 0)
            state.file = file
            return file
        }
    }

    /// Counts a piece that is written, and puts the file in its place after the last.
    func finishPiece() throws(CheckpointError) {
        let whole = state.withLock { state -> PlacedFile? in
            state.remaining -= 1
            guard state.remaining == 0 else { return nil }
            defer { state.file = nil }
            return state.file
        }
        try whole?.commit()
    }
}
