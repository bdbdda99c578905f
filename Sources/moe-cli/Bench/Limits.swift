import MoE

/// What the machine could do at most while a series ran, a sample a round.
struct Limits {
    /// Bytes a second, reading the very memory that holds a block's weights; 0 if it is elsewhere.
    private(set) var bandwidth: [Double] = []
    /// Exact int8 multiply-adds a second, from registers.
    private(set) var multiplier: [Double] = []
    /// Float32 multiply-adds a second of OpenBLAS at 2048³, with its own threads.
    private(set) var sgemm: [Double] = []
    /// Seconds of the layer's float32 products alone.
    var layerSgemm: [Double] = []

    /// Measures each limit once.
    mutating func measure(_ block: MoEBlock?, threads: Int) {
        bandwidth.append(block?.readWeights().map { Double($0.bytes) / $0.seconds } ?? 0)
        multiplier.append(MachineLimits.multiplyAddsPerSecond(threads: threads))
        #if OpenBLAS
        // The slowest of the limits and the least important one: three samples are enough.
        if sgemm.count < 3 { sgemm.append(Self.sgemmPerSecond(threads: threads)) }
        #endif
    }

    #if OpenBLAS
    private static func sgemmPerSecond(threads: Int) -> Double {
        let size = 2048
        let x = [Float](repeating: 1, count: size * size)
        var out = x
        let time = ContinuousClock().measure {
            SgemmBaseline.multiply(
                x, rows: size, by: x[...], columns: size, into: &out, threads: threads)
        }
        return Double(size * size * size) / (time / .seconds(1))
    }
    #endif
}
