internal import Synchronization

/// The tiles of a job, dealt to its threads as one range each.
///
/// A thread takes its own tiles from the front, one by one, so the tile after a tile is nearly
/// always the one that the same thread computes next: weights are read as a stream, and what is
/// fetched ahead is used. A thread that has none left takes the rear half of another's.
struct TileShares: @unchecked Sendable {
    // Of every thread the first tile, in the upper half of a word, and the one past the last.
    private let shares: UnsafeMutablePointer<Atomic<UInt64>>
    // Words from one thread's share to the next: no two of them in a pair of cache lines.
    private static let stride = 16

    /// How many tiles a job can have.
    static let maximumTiles = Int(UInt32.max)

    /// Shares of so many threads, all empty, never freed.
    init(threads: Int) {
        shares = .allocate(capacity: threads * Self.stride)
        for word in 0..<threads * Self.stride { (shares + word).initialize(to: Atomic(0)) }
    }

    /// Deals the tiles `0..<tiles`.
    func deal(tiles: Int, to threads: Int) {
        for thread in 0..<threads {
            put(thread * tiles / threads..<(thread + 1) * tiles / threads, to: thread)
        }
    }

    /// A tile that nobody has taken; nil if there is none.
    func take(by thread: Int, of threads: Int) -> Int? {
        if let own = remove(from: thread, { $0.lowerBound..<$0.lowerBound + 1 }) {
            return own.lowerBound
        }
        for distance in 1..<threads {
            let other = (thread + distance) % threads
            if let rear = remove(from: other, { $0.lowerBound + $0.count / 2..<$0.upperBound }) {
                put(rear.dropFirst(), to: thread)
                return rear.lowerBound
            }
        }
        return nil
    }

    private func put(_ tiles: Range<Int>, to thread: Int) {
        (shares + thread * Self.stride).pointee
            .store(UInt64(tiles.lowerBound) << 32 | UInt64(tiles.upperBound), ordering: .relaxed)
    }

    /// Takes a part at one end of a thread's share; nil if the share is empty.
    private func remove(
        from thread: Int, _ part: (Range<Int>) -> Range<Int>
    ) -> Range<Int>? {
        let share = shares + thread * Self.stride
        var word = share.pointee.load(ordering: .relaxed)
        while true {
            let first = word >> 32, end = word & 0xFFFF_FFFF
            guard first < end else { return nil }
            let taken = part(Int(first)..<Int(end))
            let left =
                taken.lowerBound == Int(first)
                ? UInt64(taken.upperBound) << 32 | end : first << 32 | UInt64(taken.lowerBound)
            let (exchanged, original) = share.pointee.weakCompareExchange(
                expected: word, desired: left, ordering: .relaxed)
            if exchanged { return taken }
            word = original
        }
    }
}
