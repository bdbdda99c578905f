/// How the Ascend backend computes, and where it finds what it needs.
///
/// The defaults keep the numbers nearest to the CPU's and need the least of CANN.
public struct AscendOptions: Sendable, Hashable {
    /// Who carries out a stage.
    public enum Place: String, Sendable, CaseIterable {
        /// This processor, with the library's own exact arithmetic.
        case host
        /// The device, with its operator's arithmetic.
        case device
    }

    /// How the experts' weights lie in the device's memory.
    public enum WeightFormat: String, Sendable, CaseIterable {
        /// Row-major, as checkpoints have them; the operator reads them transposed.
        case nd
        /// Blocks of 16 × 32, as the cube unit reads them; converted on the host.
        case nz
    }

    /// The type of the down-projection's rows and of the sums over a token's slots.
    public enum Output: String, Sendable, CaseIterable {
        /// bfloat16, with the channel scales rounded to bfloat16.
        case bf16
        /// float16, with exact float32 scales; overflows above 65504.
        case f16
    }

    /// Which device, counted from 0.
    public var device = 0
    /// The directories to find CANN's libraries in, and nowhere else; nil for
    /// `$MOE_CANN_LIBRARY_PATH` and then the usual places.
    public var libraryPaths: [String]?
    /// How weights lie in the device's memory.
    public var weightFormat = WeightFormat.nd
    /// The type of what the down-projection gives.
    public var output = Output.bf16
    /// Who quantises the tokens' rows.
    public var quantization = Place.host
    /// Who selects experts by the router's logits.
    public var selection = Place.host
    /// Whether vendors' own operator libraries come before CANN's.
    public var usesCustomOperators = false
    /// Functions of CANN to treat as missing, to see what an older release would do.
    public var without: Set<String> = []
    /// The most bytes that the rows between the stages of a pass may take; more tokens go in turns.
    public var activationMemory = 512 << 20

    /// The default options.
    public init() {}
}
