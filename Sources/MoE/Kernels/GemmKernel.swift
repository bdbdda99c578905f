internal import MoEKernels

/// The int8 GEMM of one instruction set, with the tile it computes and the layout it packs.
package struct GemmKernel: Sendable, CustomStringConvertible {
    /// The instruction set's name, such as `avx512vnni`.
    package let name: String
    /// Columns of a whole panel.
    package let panelColumns: Int
    /// The last panel's columns are padded to a multiple of this.
    package let lanes: Int
    /// What packing adds to every weight; `start` of a product takes its share off again.
    package let offset: Int32
    /// Rows that the registers hold at once.
    package let tileRows: Int
    /// Whether it is more than plain C.
    package let isSIMD: Bool
    /// The kernels that stand around the GEMM for the same instruction set.
    let expertTiles: ExpertTiles
    let activation: OperatorKernels
    private let table: Table

    package var description: String { name }

    // Tables of the program's text: constant, so any thread may read them. A pass hands the kernel
    // on for every tile, so it holds where they are and not what they hold.
    private struct Table: @unchecked Sendable {
        let gemm: UnsafePointer<moe_gemm_s8>
    }
    struct ExpertTiles: @unchecked Sendable {
        fileprivate let table: UnsafePointer<moe_expert_tiles>
        var functions: moe_expert_tiles { table.pointee }
    }

    init(_ isa: moe_isa) {
        let table = moe_gemm_s8_for(isa), gemm = table.pointee
        name = InstructionSet.name(of: gemm.isa)
        panelColumns = gemm.columns
        lanes = gemm.lanes
        offset = gemm.offset
        tileRows = gemm.rows
        isSIMD = gemm.isa != MOE_ISA_SCALAR
        expertTiles = ExpertTiles(table: moe_expert_tiles_for(isa))
        activation = OperatorKernels(isa)
        self.table = Table(gemm: table)
    }

    /// The kernel of the instruction set that the process uses.
    package static let chosen = GemmKernel(InstructionSet.chosen)

    /// The kernels that this machine can run, narrowest first.
    package static let available = InstructionSet.all
        .filter { moe_isa_available($0) && moe_gemm_s8_for($0).pointee.isa == $0 }
        .map(GemmKernel.init)

    /// Bytes of a packed panel.
    package func panelBytes(columns: Int, depth: Int) -> Int {
        moe_gemm_s8_panel_bytes(table.gemm, columns, depth)
    }

    /// Packs rows of weights into a panel.
    ///
    /// - Parameters:
    ///   - used: how many rows there are.
    ///   - columns: how many the panel has, a multiple of ``lanes``.
    ///   - depth: K.
    ///   - weights: the first row, `[used, depth]`.
    ///   - panel: ``panelBytes(columns:depth:)`` bytes, aligned to 64.
    package func pack(
        used: Int, columns: Int, depth: Int, weights: UnsafePointer<Int8>,
        into panel: UnsafeMutablePointer<UInt8>
    ) {
        table.gemm.pointee.pack(used, columns, depth, weights, depth, panel)
    }

    /// What is multiplied after a tile: a panel, and rows where they are known.
    package struct NextTile {
        let panel: UnsafePointer<UInt8>
        let rows: UnsafePointer<UnsafePointer<Int8>>?
        let count: Int

        /// - Parameters:
        ///   - panel: its packed weights.
        ///   - rows: where its rows start, `[count]`; nil where that is not known.
        ///   - count: how many rows.
        package init(
            panel: UnsafePointer<UInt8>, rows: UnsafePointer<UnsafePointer<Int8>>? = nil,
            count: Int = 0
        ) {
            self.panel = panel
            self.rows = rows
            self.count = count
        }
    }

    /// Rows of activations times one panel.
    ///
    /// - Parameters:
    ///   - rows: where each row starts, `[count]`.
    ///   - start: `-offset` times the sum of each row, `[count]`.
    ///   - count: how many rows.
    ///   - depth: K.
    ///   - panel: the packed weights.
    ///   - columns: how many the panel has.
    ///   - out: receives the products, `columns` of every row.
    ///   - stride: from one row of products to the next.
    ///   - next: what is read next, fetched meanwhile; nil where it is not known.
    package func multiply(
        rows: UnsafePointer<UnsafePointer<Int8>>, start: UnsafePointer<Int32>, count: Int,
        depth: Int, panel: UnsafePointer<UInt8>, columns: Int,
        into out: UnsafeMutablePointer<Int32>, stride: Int, next: NextTile? = nil
    ) {
        var tile = moe_gemm_s8_tile(
            rows: rows, start: start, row_count: count, depth: depth, panel: panel,
            columns: columns, out: out, stride: stride, next: next?.panel,
            next_rows: next?.rows, next_row_count: next?.count ?? 0)
        table.gemm.pointee.multiply(&tile)
    }

    /// Multiplies registers with registers.
    ///
    /// - Parameter rounds: how often.
    /// - Returns: how many multiply-adds that were.
    func multiplyRegisters(rounds: Int) -> Int {
        Int(table.gemm.pointee.multiply_registers(rounds))
    }

    /// What the products of rows that lie next to each other start from.
    ///
    /// - Parameters:
    ///   - rows: the rows, `[count, depth]`.
    ///   - count: how many rows.
    ///   - depth: K.
    ///   - start: receives one value per row.
    package func findStarts(
        of rows: UnsafePointer<Int8>, count: Int, depth: Int,
        into start: UnsafeMutablePointer<Int32>
    ) {
        if offset == 0 {
            start.update(repeating: 0, count: count)
        } else {
            expertTiles.functions.row_sums(count, depth, rows, -offset, start)
        }
    }
}
