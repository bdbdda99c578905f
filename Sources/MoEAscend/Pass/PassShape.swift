internal import MoE

/// What distinguishes one pass from another: passes of one shape share tensors and executors.
struct PassShape: Hashable {
    /// What the host hands over.
    enum Input {
        /// Tokens in int8 with a scale each; the device sorts them by expert.
        case quantizedTokens
        /// Tokens in float32; the device quantises and sorts them.
        case floatTokens
        /// Rows in expert order in int8 with a scale each.
        case rows
    }

    /// What the host takes back.
    enum Output {
        /// Every row, `[M, D]`.
        case rows
        /// Every token's weighted sum, `[T, D]`.
        case sums
    }

    let input: Input
    let output: Output
    /// T: tokens, those that fill a shape up included.
    let tokens: Int
    /// k: slots of a token.
    let slots: Int

    /// M: rows of the experts.
    var rows: Int { tokens * slots }

    /// A number of tokens or rows rounded up, so that few shapes serve all: to a power of two, from
    /// 64 on to a multiple of 64.
    static func rounded(_ count: Int) -> Int {
        guard count < 64 else { return (count + 63) / 64 * 64 }
        var size = 1
        while size < count { size *= 2 }
        return size
    }
}

/// Where the tensors of a pass lie in the memory that passes share: offsets in bytes.
///
/// The inputs come first, so that one copy brings them all. A place that a shape does not use is
/// empty and lies somewhere.
struct PassLayout {
    private(set) var tokens = 0
    private(set) var tokenScale = 0
    private(set) var expertOfSlot = 0
    private(set) var weights = 0
    private(set) var rows = 0
    private(set) var rowScale = 0
    private(set) var counts = 0
    private(set) var rowOfSlot = 0
    private(set) var accumulators = 0
    private(set) var activated = 0
    private(set) var activatedScale = 0
    private(set) var outputRows = 0
    private(set) var sums = 0
    /// Bytes of the inputs.
    private(set) var inputByteCount = 0
    /// Bytes of everything.
    private(set) var byteCount = 0

    /// The layout of a pass.
    ///
    /// - Parameters:
    ///   - shape: the pass.
    ///   - experts: the sizes of the experts.
    ///   - output: the type of the rows that the second GEMM gives.
    init(_ shape: PassShape, _ experts: ExpertShape, output: DeviceElement) {
        let hidden = experts.hiddenSize, width = experts.expertWidth, rowCount = shape.rows
        var places = TensorPlaces()
        if shape.input == .rows {
            placeRows(of: rowCount, experts, in: &places)
        } else {
            let isQuantized = shape.input == .quantizedTokens
            tokens = places.place(isQuantized ? .int8 : .float32, shape.tokens * hidden)
            tokenScale = places.place(.float32, isQuantized ? shape.tokens : 0)
            expertOfSlot = places.place(.int32, rowCount)
        }
        weights = places.place(.float32, shape.output == .sums ? rowCount : 0)
        inputByteCount = places.byteCount
        if shape.input != .rows { placeRows(of: rowCount, experts, in: &places) }
        accumulators = places.place(.int32, rowCount * 2 * width)
        activated = places.place(.int8, rowCount * width)
        activatedScale = places.place(.float32, rowCount)
        outputRows = places.place(output, rowCount * hidden)
        sums = places.place(output, shape.output == .sums ? shape.tokens * hidden : 0)
        byteCount = places.byteCount
    }

    /// What the routing stage gives, or the host in its place.
    private mutating func placeRows(
        of count: Int, _ experts: ExpertShape, in places: inout TensorPlaces
    ) {
        rows = places.place(.int8, count * experts.hiddenSize)
        rowScale = places.place(.float32, count)
        counts = places.place(.int64, experts.expertCount)
        rowOfSlot = places.place(.int32, count)
    }
}

/// A pass at addresses.
struct PlacedPass {
    let shape: PassShape
    let experts: ExpertShape
    let layout: PassLayout
    private let base: UnsafeMutableRawPointer

    /// A pass in memory of `layout.byteCount` bytes.
    init(
        _ shape: PassShape, _ experts: ExpertShape, _ layout: PassLayout,
        at base: UnsafeMutableRawPointer
    ) {
        self.shape = shape
        self.experts = experts
        self.layout = layout
        self.base = base
    }

    /// The address of a place.
    subscript(offset: Int) -> UnsafeMutableRawPointer { base + offset }
}
