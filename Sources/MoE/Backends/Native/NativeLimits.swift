/// What the machine could do at best where a native block runs: the two limits of its roofline.
package enum NativeLimits {
    /// Multiplies registers with registers on every thread.
    ///
    /// - Parameters:
    ///   - rounds: how often; a million take a few milliseconds.
    ///   - threads: how many threads work.
    ///   - kernel: whose instruction it is.
    /// - Returns: how many multiply-adds that were.
    package static func multiply(
        rounds: Int, threads: Int, kernel: GemmKernel = .chosen
    ) -> Int {
        // More tiles than threads, so that a thread that wakes late shortens nothing.
        let tiles = threads * 16
        WorkerPool.shared.run(tiles: tiles, threads: threads) { _, _ in
            _ = kernel.multiplyRegisters(rounds: rounds / 16)
        }
        return kernel.multiplyRegisters(rounds: 1) * (rounds / 16) * tiles
    }

    /// Reads the packed weights of a block's routed experts from end to end.
    ///
    /// - Parameters:
    ///   - block: a block of int8 experts on the native backend.
    ///   - threads: how many threads read.
    /// - Returns: how many bytes were read; nil for a block of another backend.
    package static func readWeights(of block: borrowing MoEBlock, threads: Int) -> Int? {
        block.native?.packed.stream(threads: threads)
    }

    /// Bytes of packed weights of one expert; nil for a block of another backend.
    package static func bytesPerExpert(of block: borrowing MoEBlock) -> Int? {
        block.native?.packed.expertBytes
    }
}

extension MoEBlock {
    fileprivate var native: NativeExperts? {
        guard case .pass(let pass) = routed else { return nil }
        return pass as? NativeExperts
    }
}
