import MoE
import MoETestSupport
import PassCounters
import Synchronization
import Testing

/// Every test in a process of its own, where nothing else runs: what is counted is the pass.
@Suite(
    "A steady forward pass of native experts",
    .enabled(if: lock_counter_works() && system_call_counter_works()))
struct SystemCallTests {
    // One token, few rows, and more than a block of tokens: every way that a pass is cut.
    static let tokenCounts = [1, 40, 1300]

    @Test("takes no lock and makes no system call on one thread")
    func oneThread() async {
        await #expect(processExitsWith: .success) {
            for tokens in SystemCallTests.tokenCounts {
                for pass in try countedPasses(50, tokens: tokens, threads: 1) {
                    #expect(
                        pass == PassCounts(),
                        "\(tokens) tokens: \(pass), call \(last_system_call())")
                }
            }
        }
    }

    @Test(
        "takes one lock only, to park and to wake, on two threads, and makes no other system call")
    func twoThreads() async {
        await #expect(processExitsWith: .success) {
            for tokens in SystemCallTests.tokenCounts {
                let passes = try countedPasses(200, tokens: tokens, threads: 2)
                for pass in passes {
                    #expect(
                        pass.systemCalls == 0 && pass.lockChanges == 0,
                        "\(tokens) tokens: \(pass), call \(last_system_call())")
                }
                // Threads that are never kept waiting take none; on a busy machine they are.
                let parked = passes.contains { $0.parkingCalls > 0 }
                #expect(parked || passes.allSatisfy { $0.locks == 0 }, "\(tokens) tokens")
            }
        }
    }

    @Test("would be found out if it took a lock or called the system")
    func counters() async {
        await #expect(processExitsWith: .success) {
            let locking = try countedPasses(1, tokens: 1, threads: 1) { take_lock() }
            #expect(locking == [PassCounts(locks: 1)])
            let calling = try countedPasses(1, tokens: 1, threads: 1) { make_system_call() }
            #expect(calling == [PassCounts(systemCalls: 1)])

            // On the pool's thread too.
            let sharing = try countedPasses(1, tokens: 1, threads: 2) {
                _ = onEveryThread(of: 2) {
                    take_lock()
                    make_system_call()
                    return true
                }
            }
            #expect(sharing[0].systemCalls == 2 && sharing[0].locks >= 2)
        }
    }
}

/// What a pass took of the system.
private struct PassCounts: Equatable {
    var locks: UInt64 = 0
    /// Those of them that were not the lock taken just before.
    var lockChanges: UInt64 = 0
    /// System calls but those that park or wake.
    var systemCalls: UInt64 = 0
    var parkingCalls: UInt64 = 0

    /// What the counted threads have taken so far.
    static var soFar: PassCounts {
        PassCounts(
            locks: lock_count(), lockChanges: lock_change_count(),
            systemCalls: system_call_count(), parkingCalls: parking_call_count())
    }

    static func - (counts: PassCounts, before: PassCounts) -> PassCounts {
        PassCounts(
            locks: counts.locks - before.locks,
            lockChanges: counts.lockChanges - before.lockChanges,
            systemCalls: counts.systemCalls - before.systemCalls,
            parkingCalls: counts.parkingCalls - before.parkingCalls)
    }
}

/// Passes of a block whose workspace has grown before, each counted together with `beside`.
private func countedPasses(
    _ count: Int, tokens: Int, threads: Int, beside: () -> Void = {}
) throws -> [PassCounts] {
    let random = RandomLayer(tokens: tokens, experts: 16, topK: 4, sharedWidth: 24)
    let block = try MoEBlock(
        random.layer(), backend: BackendCatalog.backend(.native).backend, threads: threads)
    let input = try random.input()
    var workspace = block.makeWorkspace()
    for _ in 0..<3 { try block.forward(input.elements.span, in: &workspace) }
    try #require(countSystemCalls(threads: threads))

    var passes: [PassCounts] = []
    for _ in 0..<count {
        forget_last_lock()
        let before = PassCounts.soFar
        try block.forward(input.elements.span, in: &workspace)
        beside()
        passes.append(PassCounts.soFar - before)
    }
    return passes
}

/// Has this thread and the pool's count their locks and system calls; whether all of them do.
private func countSystemCalls(threads: Int) -> Bool {
    onEveryThread(of: threads) {
        begin_counting_locks()
        return begin_counting_system_calls()
    }
}

/// Runs `body` once on every thread that shares a pass; whether it succeeded on all of them.
private func onEveryThread(of threads: Int, _ body: () -> Bool) -> Bool {
    let done = Atomic(0), deadline = ContinuousClock.now + .seconds(20)
    WorkerPool.shared.run(tiles: threads, threads: threads) { _, _ in
        guard body() else { return }
        done.add(1, ordering: .relaxed)
        // No thread takes a second tile before every other one has taken its first.
        while done.load(ordering: .relaxed) < threads, ContinuousClock.now < deadline {}
    }
    return done.load(ordering: .relaxed) == threads
}
