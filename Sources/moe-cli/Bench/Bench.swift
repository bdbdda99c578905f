import ArgumentParser
import MoE
import MoECheckpoint

/// `moe-cli bench`: what a layer costs, as ratios of cases that run in turn.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures a layer's forward pass on random weights.",
        discussion: """
            Cases take turns, and in the same rounds the machine's limits are measured: reading \
            the memory that holds the weights, exact int8 multiply-adds from registers, and \
            OpenBLAS's sgemm. Figures are medians; "memory", "mult." and "limit" say what share \
            of a limit a pass reaches, "limit" of the one that binds, each the median of the \
            passes' own shares. Weights are cold: every pass has other tokens and so other \
            experts. --sgemm adds the layer's float32 products alone; "x sgemm" says how many \
            times as long a backend takes.
            """)

    @Option(help: "A published model's layer, or D,H,E,k; may be repeated.")
    var shape: [BenchShape] = BenchShape.published.filter { $0.name == "qwen3-30b-a3b" }

    @Option(help: "Numbers of tokens, with commas between.")
    var tokens: TokenCounts = TokenCounts(counts: [1, 8, 64, 512])

    @Option(help: "Backends to measure, with commas between.")
    var backend: BackendList = BackendList(names: [.auto])

    @OptionGroup var device: DeviceOptions

    @Option(help: "How the tokens fall on the experts: uniform or zipf.")
    var routing: SyntheticLayer.Routing = .uniform

    @OptionGroup var threading: ThreadOptions

    @Option(help: "How many rounds of every case count.")
    var rounds = 9

    @Option(
        help: ArgumentHelp(
            "A file that moe-cli pack wrote: measure opening it and passes through its layers.",
            valueName: "file"))
    var packed: String?

    @Option(help: "How many seconds passes through a packed file's layers go on.")
    var seconds = 5.0

    @Flag(help: "Measure the layer's float32 sgemms alone beside the backends.")
    var sgemm = false

    @Flag(help: "Measure the fused operator alone, out of cache and in it.")
    var op = false

    @Flag(help: "Measure one token through the layer beside its kernels alone, on one thread.")
    var decode = false

    @Option(help: "An SVG file for the results under their limits, a roofline.")
    var plot: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if rounds < 1 { throw ValidationError("--rounds \(rounds): wanted 1 or more") }
    }

    func run() throws {
        guard !op else { return try runOperator() }
        if let packed { return try runPacked(packed) }
        guard !decode else { return try runDecode() }
        let offers = device.offers
        let backends = try backend.names.map {
            try BackendCatalog.backend($0, offers: offers).backend
        }
        var results: [BenchResult] = []
        if !json { print(BenchResult.header) }
        for shape in shape {
            let layer = try SyntheticLayer(shape, routing: routing)
            for count in tokens.counts {
                let series = BenchSeries(
                    layer: layer, tokens: count, backends: backends, threads: threading.threads,
                    rounds: rounds, withSgemm: sgemm)
                let measured = try series.run()
                results += measured
                guard !json else { continue }
                for result in measured { print(result.line + "\n" + result.stageLine) }
            }
        }
        let report = BenchReport(results: results)
        print(json ? try report.json.text(.indented) : report.text, terminator: "")
        if let plot { try report.plot(to: plot) }
    }
}

extension Bench {
    private func runPacked(_ path: String) throws {
        // A process a number of tokens: what one pass has brought into memory, another finds.
        guard tokens.counts.count == 1 else {
            throw ValidationError("--packed \(path): wanted one number of --tokens")
        }
        let result = try PackedBench(
            path: path, tokens: tokens.counts[0], threads: threading.threads, seconds: seconds
        ).run()
        print(json ? try result.json.text(.indented) : result.text, terminator: "")
    }

    private func runOperator() throws {
        let results = shape.map {
            OperatorBench(
                shape: $0, threads: WorkerPool.threadCount(threading.threads), rounds: rounds
            ).run()
        }
        if json {
            let all: JSONValue = .object(["results": .array(results.map(\.json))])
            print(try all.text(.indented), terminator: "")
        } else {
            print(OperatorResult.header)
            for result in results { print(result.line) }
        }
    }
}

extension Bench {
    private func runDecode() throws {
        let results = try shape.compactMap { try DecodeBench(shape: $0, rounds: rounds).run() }
        if json {
            let all: JSONValue = .object(["results": .array(results.map(\.json))])
            print(try all.text(.indented), terminator: "")
        } else {
            print(DecodeResult.header)
            for result in results { print(result.line) }
        }
    }
}

extension SyntheticLayer.Routing: ExpressibleByArgument {}

/// Numbers of tokens, `1,8,64`.
struct TokenCounts: ExpressibleByArgument {
    let counts: [Int]

    init(counts: [Int]) {
        self.counts = counts
    }

    init?(argument: String) {
        let counts = argument.split(separator: ",", omittingEmptySubsequences: false)
            .map { Int($0) ?? 0 }
        guard counts.allSatisfy({ (1...1 << 20).contains($0) }) else { return nil }
        self.counts = counts
    }

    var defaultValueDescription: String { counts.map(String.init).joined(separator: ",") }
}

/// Backends, `reference,openblas`.
struct BackendList: ExpressibleByArgument {
    let names: [BackendName]

    init(names: [BackendName]) {
        self.names = names
    }

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let names = parts.compactMap { BackendName(rawValue: String($0)) }
        guard names.count == parts.count else { return nil }
        self.names = names
    }

    var defaultValueDescription: String { names.map(\.rawValue).joined(separator: ",") }
}
