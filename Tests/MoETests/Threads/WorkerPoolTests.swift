import MoE
import Synchronization
import Testing

@Suite("The worker pool")
struct WorkerPoolTests {
    @Test("runs every tile once", arguments: [0, 1, 2, 7, 1000], [1, 2, 5, 64])
    func everyTileOnce(tiles: Int, threads: Int) {
        let runs = (0..<tiles).map { _ in Counter() }

        WorkerPool.shared.run(tiles: tiles, threads: threads) { tile, worker in
            runs[tile].increment()
            #expect((0..<threads).contains(worker))
        }

        #expect(runs.allSatisfy { $0.value == 1 })
    }

    @Test("runs tiles that ask for the pool themselves")
    func nested() {
        let sum = Counter()

        WorkerPool.shared.run(tiles: 8, threads: 4) { _, _ in
            WorkerPool.shared.run(tiles: 8, threads: 4) { _, _ in sum.increment() }
        }

        #expect(sum.value == 64)
    }

    @Test("serves many callers at once, thousands of times")
    func manyCallers() async {
        let sum = Counter()

        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<500 {
                        WorkerPool.shared.run(tiles: 5, threads: 3) { _, _ in sum.increment() }
                    }
                }
            }
        }

        #expect(sum.value == 8 * 500 * 5)
    }

    private final class Counter: Sendable {
        private let count = Atomic<Int>(0)
        var value: Int { count.load(ordering: .relaxed) }
        func increment() { count.wrappingAdd(1, ordering: .relaxed) }
    }
}
