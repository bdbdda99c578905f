internal import MoEKernels

/// What this machine can do at most, measured: what benchmarks compare a pass with.
package enum MachineLimits {
    private static let kernels = moe_limit_kernels_for(InstructionSet.chosen).pointee

    /// The name of the instruction set whose limits these are.
    package static var instructionSet: String { InstructionSet.name(of: InstructionSet.chosen) }

    /// Exact int8 multiply-adds a second, from registers, on so many threads.
    package static func multiplyAddsPerSecond(threads: Int) -> Double {
        let iterations = 100_000, repeats = 8
        let seconds = time {
            WorkerPool.shared.run(tiles: threads * repeats, threads: threads) { _, _ in
                _ = kernels.multiply(iterations)
            }
        }
        return Double(threads * repeats * iterations * kernels.multiply_adds) / seconds
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
                _ = kernels.read(start + first, min(tileBytes, count - first))
            }
        }
    }

    /// Processor cycles a second, of one thread.
    package static func cyclesPerSecond() -> Double {
        let cycles = 20_000_000
        return Double(cycles) / time { kernels.count_cycles(cycles) }
    }

    private static func time(_ body: () -> Void) -> Double {
        let start = ContinuousClock.now
        body()
        return (ContinuousClock.now - start) / .seconds(1)
    }
}
