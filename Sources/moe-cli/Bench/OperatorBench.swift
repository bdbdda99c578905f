import MoE
import MoECheckpoint

/// The fused operator on its own: int32 in, int8 out, out of cache and within it.
struct OperatorBench {
    let shape: BenchShape
    let threads: Int
    let rounds: Int

    /// More than any last-level cache holds.
    private static let bytesOutOfCache = 512 << 20
    /// Rows within a second-level cache.
    private static let rowsInCache = 16
    private static let rowsPerTile = 16

    private var width: Int { shape.width }
    private var rows: Int { max(Self.rowsInCache, Self.bytesOutOfCache / (8 * width)) }

    /// Measures both, and reading memory, in turn.
    func run() -> OperatorResult {
        let memory = OperatorMemory(rows: rows, width: width)
        let kernel = ExpertActivationKernel(activation: .plain, width: width)
        var streaming: [Double] = [], reading: [Double] = [], cached: [Double] = []
        for round in 0...rounds {
            let time = memory.run(
                kernel, rows: rows, rowsPerTile: Self.rowsPerTile, threads: threads)
            let read = MachineLimits.secondsToRead(memory.input, threads: threads)
            let repeats = 200
            let start = ContinuousClock.now
            for _ in 0..<repeats {
                _ = memory.run(
                    kernel, rows: Self.rowsInCache, rowsPerTile: Self.rowsInCache, threads: 1)
            }
            let inCache = (ContinuousClock.now - start) / .seconds(1) / Double(repeats)
            guard round > 0 else { continue }
            streaming.append(time)
            reading.append(Double(memory.input.count) / read)
            cached.append(inCache)
        }
        let bytes = Double(rows * (8 * width + width + 8))
        let cycles = cached.median * MachineLimits.cyclesPerSecond()
        return OperatorResult(
            name: shape.name, width: width, threads: threads, seconds: streaming.median,
            bytesPerSecond: bytes / streaming.median, readBandwidth: reading.median,
            bandwidthRatio: zip(streaming, reading).map { bytes / $0 / $1 }.median,
            cyclesPerElement: cycles / Double(Self.rowsInCache * width))
    }
}

/// The operator's operands, made once.
private final class OperatorMemory {
    private let accumulators: UnsafeMutablePointer<Int32>
    private let values: UnsafeMutablePointer<Int8>
    private let scale: UnsafeMutablePointer<Float>
    private let activationScale: UnsafeMutablePointer<Float>
    private let weightScale: UnsafeMutablePointer<Float>
    private let scratch: UnsafeMutablePointer<Float>
    private let rows: Int
    private let width: Int

    init(rows: Int, width: Int) {
        self.rows = rows
        self.width = width
        accumulators = .allocate(capacity: rows * 2 * width)
        values = .allocate(capacity: rows * width)
        scale = .allocate(capacity: rows)
        activationScale = .allocate(capacity: rows)
        weightScale = .allocate(capacity: 2 * width)
        scratch = .allocate(capacity: WorkerPool.maximumThreads * 2 * width)
        for index in 0..<rows * 2 * width {
            accumulators[index] = Int32(truncatingIfNeeded: index &* 2_654_435_761) >> 12
        }
        values.initialize(repeating: 0, count: rows * width)
        scale.initialize(repeating: 0, count: rows)
        activationScale.initialize(repeating: 0.01, count: rows)
        weightScale.initialize(repeating: 0.001, count: 2 * width)
    }

    deinit {
        accumulators.deallocate()
        values.deallocate()
        scale.deallocate()
        activationScale.deallocate()
        weightScale.deallocate()
        scratch.deallocate()
    }

    /// What the operator reads most of.
    var input: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: accumulators, count: rows * 2 * width * MemoryLayout<Int32>.stride)
    }

    /// Seconds of the operator over the first rows.
    func run(
        _ kernel: ExpertActivationKernel, rows: Int, rowsPerTile: Int, threads: Int
    ) -> Double {
        let start = ContinuousClock.now
        WorkerPool.shared.run(
            tiles: (rows + rowsPerTile - 1) / rowsPerTile, threads: threads
        ) { tile, worker in
            let first = tile * rowsPerTile
            kernel.run(
                rows: min(rowsPerTile, rows - first),
                accumulators: accumulators + first * 2 * width, stride: 2 * width,
                activationScale: activationScale + first,
                factors: .init(weightScale: weightScale),
                scratch: scratch + worker * kernel.scratchCount,
                values: values + first * width, valueStride: width, scale: scale + first)
        }
        return (ContinuousClock.now - start) / .seconds(1)
    }
}

/// The operator's figures.
struct OperatorResult {
    let name: String
    let width: Int
    let threads: Int
    let seconds: Double
    /// Read and written, out of cache.
    let bytesPerSecond: Double
    /// Reading the same accumulators alone.
    let readBandwidth: Double
    /// The one by the other, the median of the rounds.
    let bandwidthRatio: Double
    /// Cycles per output element, in cache, one thread.
    let cyclesPerElement: Double

    static let header =
        "operator".padded(to: 22) + "H".padded(to: 8) + "median ms".padded(to: 11)
        + "GB/s".padded(to: 8) + "read GB/s".padded(to: 11) + "ratio".padded(to: 8)
        + "cycles/element in cache"

    var line: String {
        name.padded(to: 22) + "\(width)".padded(to: 8)
            + decimals(seconds * 1e3, 2).padded(to: 11)
            + decimals(bytesPerSecond / 1e9, 1).padded(to: 8)
            + decimals(readBandwidth / 1e9, 1).padded(to: 11)
            + decimals(bandwidthRatio, 3).padded(to: 8)
            + decimals(cyclesPerElement, 2)
    }

    var json: JSONValue {
        .object([
            "operator": "dequant-swiglu-quant", "shape": .string(name), "H": .integer(width),
            "threads": .integer(threads), "median_s": .number(seconds),
            "GBps": .number(bytesPerSecond / 1e9), "read_GBps": .number(readBandwidth / 1e9),
            "bandwidth_ratio": .number(bandwidthRatio),
            "cycles_per_element_in_cache": .number(cyclesPerElement),
        ])
    }
}
