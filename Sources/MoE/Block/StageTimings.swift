#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The stages of a forward pass, in order.
public enum Stage: Int, CaseIterable, Sendable {
    /// Logits, scores, top-k.
    case route
    /// Rows sorted by expert.
    case dispatch
    /// Every token's row to int8.
    case quantize
    /// The gate·up projections of the routed experts.
    case gateUp
    /// Dequantisation, SwiGLU, quantisation.
    case activate
    /// The down-projections of the routed experts.
    case down
    /// Gate·up, activation and down-projection where a backend does them in one go.
    case experts
    /// The whole shared expert.
    case shared
    /// The weighted sum.
    case combine

    /// The name in reports and JSON.
    public var name: String {
        switch self {
        case .route: "route"
        case .dispatch: "dispatch"
        case .quantize: "quantize"
        case .gateUp: "gate_up"
        case .activate: "activate"
        case .down: "down"
        case .experts: "experts"
        case .shared: "shared"
        case .combine: "combine"
        }
    }
}

/// How long each stage of the most recent forward pass took.
public struct StageTimings: Sendable {
    // One lane a stage, so that a pass keeps its times without allocating.
    var nanoseconds = SIMD16<Int64>(repeating: 0)

    /// The time of one stage; zero for one that did not run.
    public subscript(stage: Stage) -> Duration {
        .nanoseconds(nanoseconds[stage.rawValue])
    }

    /// The sum over all stages.
    public var total: Duration { .nanoseconds(nanoseconds.wrappedSum()) }
}

/// Measures stages that follow one another.
///
/// One token through small experts takes microseconds. The system's clock gives nanoseconds as they
/// are; the standard library's, made of 128 bits, takes as long as a stage does.
struct StageClock {
    private(set) var timings = StageTimings()
    private var start = Self.now

    /// The stage since the last call, or since the clock was made, is over.
    mutating func end(_ stage: Stage) {
        let now = Self.now
        timings.nanoseconds[stage.rawValue] = now - start
        start = now
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
