/// How the tokens of many rows are cut for the down-projection, where a tile is one panel of
/// weights times the rows of a block of tokens.
///
/// Tiles go through all panels for one block of tokens, then for the next: its rows stay in cache,
/// while weights come from memory in time for so many rows. The last tiles, which would keep some
/// threads busy while others have nothing left, are cut further, by parts of their tokens.
struct TokenBlocks {
    /// T, and the tokens of a block.
    let tokenCount: Int
    let tokensPerBlock: Int
    let blockCount: Int
    /// Parts of a block, by which its last tiles are cut.
    let partsPerBlock: Int
    private let panels: Int
    private let wholeTiles: Int

    /// - Parameters:
    ///   - tokens: T.
    ///   - slots: rows of a token.
    ///   - rows: of a block, at most.
    ///   - panels: of the down-projection.
    ///   - threads: how many share the tiles.
    init(tokens: Int, slots: Int, rows: Int, panels: Int, threads: Int) {
        let most = max(1, rows / max(slots, 1))
        tokenCount = tokens
        blockCount = max(1, (tokens + most - 1) / most)
        tokensPerBlock = (tokens + blockCount - 1) / blockCount
        partsPerBlock = min(threads, 4)
        self.panels = panels
        wholeTiles = blockCount * panels / threads * threads
    }

    /// How many tiles there are.
    var tileCount: Int { wholeTiles + (blockCount * panels - wholeTiles) * partsPerBlock }

    /// Parts of all blocks.
    var partCount: Int { blockCount * partsPerBlock }

    /// A tile's panel, its block, and which of all parts of tokens it is for.
    subscript(tile: Int) -> (panel: Int, block: Int, parts: Range<Int>) {
        guard tile >= wholeTiles else {
            return (tile % panels, tile / panels, parts(of: tile / panels))
        }
        let (cut, part) = (tile - wholeTiles).quotientAndRemainder(dividingBy: partsPerBlock)
        let block = (wholeTiles + cut) / panels, first = block * partsPerBlock + part
        return ((wholeTiles + cut) % panels, block, first..<first + 1)
    }

    /// The parts of a block.
    func parts(of block: Int) -> Range<Int> {
        block * partsPerBlock..<(block + 1) * partsPerBlock
    }

    /// The first token of a part; T for the one past the last.
    func firstToken(ofPart part: Int) -> Int {
        let block = part / partsPerBlock, index = part % partsPerBlock
        return min(
            block * tokensPerBlock + index * tokensPerBlock / partsPerBlock, tokenCount)
    }
}

extension NativeRows {
    /// Finds where each active expert's rows of every part of tokens begin, and the place of
    /// every slot's row among the rows of its block of tokens.
    mutating func place(
        _ dispatch: borrowing Dispatch, _ sum: SlotSum, in blocks: TokenBlocks
    ) {
        let experts = dispatch.activeExperts
        firstRows.resize((blocks.partCount + 1) * experts.count)
        for part in 0...blocks.partCount {
            let token = blocks.firstToken(ofPart: part)
            for (index, expert) in experts.enumerated() {
                firstRows.base[part * experts.count + index] = dispatch.firstRow(
                    of: expert, atToken: token)
            }
        }
        places.resize(sum.tokenCount * sum.slots)
        shift.resize(dispatch.expertCount)
        for block in 0..<blocks.blockCount {
            let parts = blocks.parts(of: block)
            let first = firstRows.base + parts.lowerBound * experts.count
            let end = firstRows.base + parts.upperBound * experts.count
            var place = 0
            for (index, expert) in experts.enumerated() {
                shift.base[expert] = first[index] - place
                place += end[index] - first[index]
            }
            let tokens =
                blocks.firstToken(
                    ofPart: parts.lowerBound)..<blocks.firstToken(ofPart: parts.upperBound)
            for slot in tokens.lowerBound * sum.slots..<tokens.upperBound * sum.slots {
                let row = sum.rowOf[slot]
                places.base[slot] = row < 0 ? row : row - Int32(shift.base[Int(sum.expertOf[slot])])
            }
        }
    }
}

extension Dispatch {
    /// The first row of an expert whose token is `token` or a later one, by bisection.
    fileprivate borrowing func firstRow(of expert: Int, atToken token: Int) -> Int {
        var low = offsets.base[expert], high = offsets.base[expert + 1]
        while low < high {
            let middle = (low + high) / 2
            if Int(tokenOf.base[middle]) < token { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
