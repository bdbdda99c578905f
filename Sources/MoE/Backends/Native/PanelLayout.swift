/// Where the panels of a packed matrix `[N, K]` lie: one after the other, the last one narrower.
struct PanelLayout: Sendable {
    /// N: output channels, the columns of the product.
    let columns: Int
    /// K: elements of a row of activations.
    let depth: Int
    /// How many panels there are.
    let count: Int
    /// Bytes of a whole panel.
    let panelBytes: Int
    /// Columns of a whole panel.
    let panelColumns: Int
    /// Columns of the last panel, padded to the kernel's lanes.
    let lastColumns: Int
    /// Bytes of the last panel.
    let lastBytes: Int

    init(columns: Int, depth: Int, kernel: GemmKernel) {
        self.columns = columns
        self.depth = depth
        panelColumns = kernel.panelColumns
        count = (columns + panelColumns - 1) / panelColumns
        let used = columns - max(count - 1, 0) * panelColumns
        lastColumns = (used + kernel.lanes - 1) / kernel.lanes * kernel.lanes
        panelBytes = kernel.panelBytes(columns: panelColumns, depth: depth)
        lastBytes = kernel.panelBytes(columns: lastColumns, depth: depth)
    }

    /// Bytes of all panels.
    var byteCount: Int { count == 0 ? 0 : (count - 1) * panelBytes + lastBytes }

    /// Columns with their padding.
    var paddedColumns: Int { count == 0 ? 0 : (count - 1) * panelColumns + lastColumns }

    /// The first column of a panel.
    func firstColumn(_ panel: Int) -> Int { panel * panelColumns }

    /// Columns of a panel with their padding.
    func width(_ panel: Int) -> Int { panel == count - 1 ? lastColumns : panelColumns }

    /// Columns of a panel that the matrix has.
    func usedWidth(_ panel: Int) -> Int { min(panelColumns, columns - panel * panelColumns) }

    /// Bytes of a panel.
    func bytes(_ panel: Int) -> Int { panel == count - 1 ? lastBytes : panelBytes }

    /// Panels that make one tile of work where threads share those of several experts.
    ///
    /// Taking a tile, and looking up what its expert has, costs as much as reading some kilobytes of
    /// a panel; but every thread should have tiles to choose from.
    func panelsPerTile(experts: Int, threads: Int) -> Int {
        threads == 1
            ? max(1, count)
            : max(1, min(Self.tileBytes / max(panelBytes, 1), experts * count / (16 * threads)))
    }

    /// Larger tiles are taken no faster.
    private static let tileBytes = 256 << 10
}
