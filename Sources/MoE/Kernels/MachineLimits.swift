internal import MoEKernels

/// What this machine can do at most, measured: what benchmarks compare a pass with.
package enum MachineLimits {
    /// The name of the instruction set whose limits these are.
    package static var instructionSet: String { InstructionSet.name(of: InstructionSet.chosen) }

    /// Exact int8 multiply-adds a second, from registers, on so many threads.
    package static func multiplyAddsPerSecond(threads: Int) -> Double {
        // More tiles than threads, so that a thread that wakes late shortens nothing.
        let rounds = 60_000, tiles = threads * 16, kernel = GemmKernel.chosen
        let seconds = time {
            WorkerPool.shared.run(tiles: tiles, threads: threads) { _, _ in
                _ = kernel.multiplyRegisters(rounds: rounds)
            }
        }
        return Double(kernel.multiplyRegisters(rounds: 1) * rounds * tiles) / seconds
    }

    /// Seconds to read bytes once, in order, on so many threads.
    package static func secondsToRead(
        _ bytes: UnsafeRawBufferPointer, threads: Int
    ) -> Double {
        guard let base = bytes.baseAddress else { return 0 }
        let start = base.assumingMemoryBound(to: UInt8.self), tileBytes = 1 << 20
        let count = bytes.count
        return time {
            WorkerPool.shared.run(
                tiles: (count + tileBytes - 1) / tileBytes, threads: threads
            ) { tile, _ in
                let first = tile * tileBytes
                _ = moe_read_memory(start + first, min(tileBytes, count - first))
            }
        }
    }

    /// Processor cycles a second, of one thread.
    package static func cyclesPerSecond() -> Double {
        let cycles = 20_000_000
        return Double(cycles) / time { moe_count_cycles(cycles) }
    }

    private static func time(_ body: () -> Void) -> Double {
        let start = ContinuousClock.now
        body()
        return (ContinuousClock.now - start) / .seconds(1)
    }
}
