/// How a native pass is cut into tiles, decided by its shape alone.
struct NativePlan: Equatable {
    /// Who computes the gate·up columns of a row.
    enum GateUp: String {
        /// Few rows, or few experts: threads share the columns of every block of rows, and rows
        /// are quantised when all columns are there.
        case columns
        /// Enough blocks for all threads: one takes a block through GEMM 1, activation and
        /// quantisation without leaving its cache.
        case blocks
    }

    /// Who sums the rows of a token.
    enum Down: String {
        /// Few rows of an expert: one expert's panels after the other's, as they lie in memory; the
        /// products of all panels are kept, and summed at last.
        case rows
        /// Many rows of an expert: a thread computes a panel for the rows of all experts and sums
        /// it at once, so that products never reach memory.
        case panels
    }

    var gateUp: GateUp
    var down: Down

    /// The name in reports.
    var name: String { "\(gateUp.rawValue)+\(down.rawValue)" }

    /// Rows of a block where threads take whole blocks: their activations, in float32, and a
    /// panel share the second-level cache.
    static let rowsPerBlock = 64
    /// Rows of a block where threads share its columns.
    static let rowsPerColumnBlock = 128
    /// Rows of an expert up to which a panel is read from memory no faster than it is multiplied.
    static let fewRows = 16
    /// Products that are kept, at most: 256 MB.
    static let keptProducts = 64 << 20

    /// The plan for rows of so many experts.
    ///
    /// - Parameters:
    ///   - rows: R.
    ///   - experts: how many of them have rows.
    ///   - products: of the down-projection, R times D.
    ///   - threads: how many may work.
    init(rows: Int, experts: Int, products: Int, threads: Int) {
        let blocks = max(experts, rows / Self.rowsPerBlock)
        gateUp = blocks >= 8 * threads ? .blocks : .columns
        down = rows <= Self.fewRows * experts && products <= Self.keptProducts ? .rows : .panels
    }

    /// Takes the plan that reads one expert after the other, and every byte once, as a disk likes
    /// it and memory that cannot hold the layer needs it; unless there are too many products.
    mutating func readExpertsInTurn(products: Int) {
        if products <= Self.keptProducts { down = .rows }
    }

    /// Rows, at most, whose products of one panel a thread keeps: in its second-level cache, and
    /// more where so many experts share them that each would have few, for every block reads all
    /// weights again.
    static func rowsPerPanel(experts: Int) -> Int { max(4096, 2 * fewRows * experts) }
}
