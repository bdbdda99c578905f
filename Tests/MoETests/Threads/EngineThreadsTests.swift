import Dispatch
import MoE
import MoETestSupport
import PassCounters
import Synchronization
import Testing

/// Every test in a process of its own: threads are brought once a process.
@Suite("Threads that an engine brings")
struct EngineThreadsTests {
    @Test("compute the library's bits, and are those that compute")
    func bits() async {
        await #expect(processExitsWith: .success) {
            let calls = Atomic<Int>(0)
            try expectEqualPasses {
                EngineThreads.bring { count, work in
                    DispatchQueue.concurrentPerform(iterations: count) { index in
                        calls.wrappingAdd(1, ordering: .relaxed)
                        work(index)
                    }
                }
            }
            let found = calls.load(ordering: .relaxed)
            #expect(found > 0)
        }
    }

    @Test("may come one after the other")
    func inTurn() async {
        await #expect(processExitsWith: .success) {
            try expectEqualPasses {
                EngineThreads.bring { count, work in for index in 0..<count { work(index) } }
            }
        }
    }

    @Test("may leave everything to the thread that asks")
    func nobody() async {
        await #expect(processExitsWith: .success) {
            try expectEqualPasses { EngineThreads.bring { _, _ in } }
        }
    }

    @Test("compute nothing for an index that they were not asked for")
    func otherIndices() async {
        await #expect(processExitsWith: .success) {
            try expectEqualPasses {
                EngineThreads.bring { count, work in for index in [-1, count, .max] { work(index) }
                }
            }
        }
    }

    @Test("are the first that were brought")
    func once() async {
        await #expect(processExitsWith: .success) {
            let second = Atomic<Bool>(false)
            try expectEqualPasses {
                let first = EngineThreads.bring { count, work in
                    for index in 0..<count { work(index) }
                }
                let next = EngineThreads.bring { _, _ in second.store(true, ordering: .relaxed) }
                #expect(first && !next)
                return first
            }
            let isSecond = second.load(ordering: .relaxed)
            #expect(!isSecond)
        }
    }

    @Test("make a steady pass allocate nothing either", .enabled(if: allocation_counter_works()))
    func steady() async {
        await #expect(processExitsWith: .success) {
            EngineThreads.bring { count, work in for index in 0..<count { work(index) } }
            let random = RandomLayer(tokens: 40, experts: 16, topK: 4)
            let block = try MoEBlock(random.layer(), threads: 2), input = try random.input()
            var workspace = block.makeWorkspace()
            try block.forward(input.elements.span, in: &workspace)
            let before = allocation_count()
            try block.forward(input.elements.span, in: &workspace)
            #expect(allocation_count() == before)
        }
    }
}

/// Passes on the library's threads, then on those that `bring` brings: one token, few, many.
private func expectEqualPasses(_ bring: () -> Bool) throws {
    let passes = try [1, 40, 1300].map { tokens in
        let random = RandomLayer(tokens: tokens, experts: 16, topK: 4, sharedWidth: 24)
        let block = try MoEBlock(random.layer(), threads: 3), input = try random.input()
        return (block: block, input: input, output: try block.forward(input).output)
    }
    #expect(bring())
    for pass in passes {
        #expect(try pass.block.forward(pass.input).output == pass.output)
    }
}
