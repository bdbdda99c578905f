import MoE
import MoECheckpoint

/// What a packed file costs: to open it, to compute a first pass, and to go on through its layers.
struct PackedBench {
    let path: String
    let tokens: Int
    let threads: Int?
    let seconds: Double

    /// The figures of one file.
    struct Result {
        /// Seconds to open the file, and to make a block of its first layer.
        var open = 0.0
        var block = 0.0
        /// The first pass: seconds, bytes of the experts that its tokens chose, and by how much it
        /// made the process larger.
        var first = 0.0
        var firstExpertBytes = 0
        var firstResidentBytes: Int?
        /// Seconds of every pass after that, through one layer after the other.
        var passes: [Double] = []
        /// Bytes of chosen experts, and what was read from disks, in all of them.
        var expertBytes = 0
        var diskBytes: Int?
    }

    /// Opens the file and computes for some seconds.
    func run() throws -> Result {
        var result = Result(), clock = Stopwatch()
        let model = try PackedModel(opening: path)
        result.open = clock.lap()
        var blocks = [try model.block(model.layers[0], threads: threads)]
        result.block = clock.lap()
        let shape = blocks[0].shape
        let batches = try SyntheticLayer.batches(
            tokens: tokens, hidden: shape.hiddenSize, count: 64)
        var workspace = blocks[0].makeWorkspace()

        let before = ProcessFigures()
        clock = Stopwatch()
        try blocks[0].forward(batches[0], in: &workspace)
        result.first = clock.lap()
        let after = ProcessFigures()
        result.firstExpertBytes = Self.expertBytes(workspace, shape)
        result.firstResidentBytes = after.residentFileBytes.flatMap { after in
            before.residentFileBytes.map { after - $0 }
        }

        for layer in model.layers.dropFirst() {
            blocks.append(try model.block(layer, threads: threads))
        }
        let start = ProcessFigures(), all = Stopwatch()
        repeat {
            let index = result.passes.count
            let block = blocks[index % blocks.count]
            if workspace.routing.topK != block.topK { workspace = block.makeWorkspace() }
            clock = Stopwatch()
            // Other tokens for every layer and every round, and so other experts.
            let batch = batches[(index / blocks.count * 7 + index) % batches.count]
            try block.forward(batch, in: &workspace)
            result.passes.append(clock.lap())
            result.expertBytes += Self.expertBytes(workspace, shape)
        } while all.elapsed < seconds
        let end = ProcessFigures()
        result.diskBytes = end.diskBytes.flatMap { end in start.diskBytes.map { end - $0 } }
        return result
    }

    private static func expertBytes(_ workspace: borrowing Workspace, _ shape: ExpertShape) -> Int {
        let active = workspace.dispatch.groupIndex.counts.count { $0 > 0 }
        return active * 3 * shape.hiddenSize * shape.expertWidth
    }
}

/// Seconds since it was made, or since the lap before.
private struct Stopwatch {
    private var start = ContinuousClock.now

    var elapsed: Double { (ContinuousClock.now - start) / .seconds(1) }

    mutating func lap() -> Double {
        let seconds = elapsed
        start = .now
        return seconds
    }
}

extension PackedBench.Result {
    private var passSeconds: Double { passes.reduce(0, +) }

    /// The figures for people.
    var text: String {
        let firstResident = firstResidentBytes.map { "\(ByteCount($0))" } ?? "unknown"
        let disk = diskBytes.map { "\((Double($0) / passSeconds / 1e6).digits) MB/s" } ?? "unknown"
        return """
            open \((open * 1e3).digits) ms, a block \((block * 1e3).digits) ms
            first pass \((first * 1e3).digits) ms: experts of \(ByteCount(firstExpertBytes)), \
            resident memory grew by \(firstResident)
            \(passes.count) passes, median \((passes.sorted().median * 1e3).digits) ms: experts \
            at \((Double(expertBytes) / passSeconds / 1e6).digits) MB/s, of which from disk \(disk)

            """
    }

    /// The figures for programs: seconds and bytes.
    var json: JSONValue {
        func number(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
        return .object([
            "open_seconds": .number(open), "block_seconds": .number(block),
            "first_seconds": .number(first), "first_expert_bytes": .integer(firstExpertBytes),
            "first_resident_bytes": number(firstResidentBytes),
            "passes": .integer(passes.count), "seconds": .number(passSeconds),
            "median_seconds": .number(passes.sorted().median),
            "expert_bytes": .integer(expertBytes), "disk_bytes": number(diskBytes),
        ])
    }
}
