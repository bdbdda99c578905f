internal import MoEKernels
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The process's threads: each has a share of a job's tiles, idle threads spin briefly and park.
///
/// A job is open while its caller works on it. A worker that wakes in time joins; one that wakes
/// late finds the job closed and does nothing, its share done by others, so a thread that the
/// system has not scheduled never holds a caller up. A caller that finds the pool taken by another
/// runs its tiles alone: two blocks may compute at once, and a tile may itself ask for the pool.
/// An engine that has brought threads of its own (``EngineThreads``) gets the shares instead.
package final class WorkerPool: @unchecked Sendable {
    /// The one pool of the process.
    package static let shared = WorkerPool()

    /// How many processors are online.
    static let processorCount = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// The most threads a caller may ask for.
    package static let maximumThreads = 256

    /// How many threads a caller gets who asked for `requested`; nil for one per processor.
    package static func threadCount(_ requested: Int?) -> Int {
        min(max(1, requested ?? processorCount), maximumThreads)
    }

    /// A tile's work: its index, and the worker that runs it, below the number of threads.
    package typealias Body = (_ tile: Int, _ worker: Int) -> Void

    // The state word: generation in the upper half, then the open bit, then the joined workers.
    private static let openBit: UInt64 = 1 << 31
    private static let joinedMask: UInt64 = openBit - 1
    private static let spins = 4000

    private let state = Atomic<UInt64>(0)
    private let shares = TileShares(threads: maximumThreads)
    private let taken = Atomic<Bool>(false)
    // Who waits for `opened`, and whether the caller waits for `left`.
    private let parked = Atomic<Int>(0)
    private let callerIsParked = Atomic<Bool>(false)
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let opened = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let left = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    // Written by the caller that has `taken`, before the job opens; read by those who joined it.
    private var body = moe_closure(code: nil, captured: nil)
    private var threadLimit = 0
    private var workerCount = 0

    private init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(opened, nil)
        pthread_cond_init(left, nil)
    }

    /// Runs `body` for every tile in `0..<tiles` on at most `threads` threads, the caller's included.
    ///
    /// Returns when all tiles are done. Which worker runs which tile is not defined, and nothing
    /// that a tile computes may depend on it; but as a rule a worker goes on with the next tile.
    package func run(tiles: Int, threads: Int, _ body: Body) {
        let threads = min(threads, tiles, Self.maximumThreads)
        guard threads > 1, tiles <= TileShares.maximumTiles,
            taken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
        else {
            for tile in 0..<max(tiles, 0) { body(tile, 0) }
            return
        }
        defer { taken.store(false, ordering: .releasing) }
        if let brought = EngineThreads.brought {
            run(tiles: tiles, threads: threads, on: brought, body)
            return
        }
        open(closureWords(body), tiles: tiles, threads: threads)
        while let tile = shares.take(by: 0, of: threads) { body(tile, 0) }
        close()
    }

    /// Runs the tiles on the engine's threads, and here those that it has left.
    private func run(tiles: Int, threads: Int, on brought: BroughtThreads, _ body: Body) {
        self.body = closureWords(body)
        shares.deal(tiles: tiles, to: threads)
        @Sendable func work(_ worker: Int) {
            guard (0..<threads).contains(worker) else { return }
            while let tile = shares.take(by: worker, of: threads) {
                moe_closure_call(self.body, tile, worker)
            }
        }
        brought.apply(threads, work)
        work(0)
    }

    private func open(_ body: moe_closure, tiles: Int, threads: Int) {
        while workerCount < threads - 1 {
            guard startWorker(id: workerCount + 1) else { break }
            workerCount += 1
        }
        self.body = body
        threadLimit = threads
        shares.deal(tiles: tiles, to: threads)
        let generation = (state.load(ordering: .relaxed) >> 32) &+ 1
        // Sequentially consistent with `parked`: either a worker that parks sees this job, or
        // this caller sees that it parks.
        state.store(generation << 32 | Self.openBit, ordering: .sequentiallyConsistent)
        if parked.load(ordering: .sequentiallyConsistent) > 0 {
            pthread_mutex_lock(lock)
            pthread_cond_broadcast(opened)
            pthread_mutex_unlock(lock)
        }
    }

    /// Shuts the job and waits for the workers inside it.
    private func close() {
        state.bitwiseAnd(~Self.openBit, ordering: .acquiringAndReleasing)
        for _ in 0..<Self.spins {
            guard state.load(ordering: .acquiring) & Self.joinedMask != 0 else { return }
            moe_spin_hint()
        }
        pthread_mutex_lock(lock)
        callerIsParked.store(true, ordering: .sequentiallyConsistent)
        while state.load(ordering: .sequentiallyConsistent) & Self.joinedMask != 0 {
            pthread_cond_wait(left, lock)
        }
        callerIsParked.store(false, ordering: .relaxed)
        pthread_mutex_unlock(lock)
    }

    // MARK: - The workers' side

    private func startWorker(id: Int) -> Bool {
        final class Start {
            let pool: WorkerPool
            let id: Int
            init(pool: WorkerPool, id: Int) {
                self.pool = pool
                self.id = id
            }
        }
        let context = Unmanaged.passRetained(Start(pool: self, id: id))
        #if canImport(Darwin)
        var thread: pthread_t?
        let entry: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { raw in
            let start = Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
            start.pool.work(id: start.id)
        }
        #else
        var thread = pthread_t()
        let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { raw in
            guard let raw else { return nil }
            let start = Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
            start.pool.work(id: start.id)
        }
        #endif
        guard pthread_create(&thread, nil, entry, context.toOpaque()) == 0 else {
            context.release()
            return false
        }
        #if canImport(Darwin)
        if let thread { pthread_detach(thread) }
        #else
        pthread_detach(thread)
        #endif
        return true
    }

    private func work(id: Int) -> Never {
        var seen: UInt64 = 0
        while true {
            seen = waitForJob(after: seen)
            guard join(generation: seen) else { continue }
            if id < threadLimit {
                while let tile = shares.take(by: id, of: threadLimit) {
                    moe_closure_call(body, tile, id)
                }
            }
            leave()
        }
    }

    /// Counts this worker out, and wakes the caller if it waits for the last one.
    private func leave() {
        // Sequentially consistent with `callerIsParked`, as `open` is with `parked`.
        let before = state.wrappingSubtract(1, ordering: .sequentiallyConsistent).oldValue
        guard before & Self.joinedMask == 1,
            callerIsParked.load(ordering: .sequentiallyConsistent)
        else { return }
        pthread_mutex_lock(lock)
        pthread_cond_signal(left)
        pthread_mutex_unlock(lock)
    }

    /// The generation of a job newer than `seen`.
    private func waitForJob(after seen: UInt64) -> UInt64 {
        for _ in 0..<Self.spins {
            let generation = state.load(ordering: .acquiring) >> 32
            if generation != seen { return generation }
            moe_spin_hint()
        }
        pthread_mutex_lock(lock)
        parked.wrappingAdd(1, ordering: .sequentiallyConsistent)
        var generation = state.load(ordering: .sequentiallyConsistent) >> 32
        while generation == seen {
            pthread_cond_wait(opened, lock)
            generation = state.load(ordering: .sequentiallyConsistent) >> 32
        }
        parked.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(lock)
        return generation
    }

    /// Counts this worker into the open job of a generation; false if that job is over.
    private func join(generation: UInt64) -> Bool {
        var current = state.load(ordering: .relaxed)
        while current >> 32 == generation, current & Self.openBit != 0 {
            let (exchanged, original) = state.weakCompareExchange(
                expected: current, desired: current + 1, ordering: .acquiring)
            if exchanged { return true }
            current = original
        }
        return false
    }
}

/// The two words of a closure, valid as long as the closure; see `moe_closure.h`.
@_silgen_name("moe_closure_words")
private func closureWords(_ body: WorkerPool.Body) -> moe_closure
