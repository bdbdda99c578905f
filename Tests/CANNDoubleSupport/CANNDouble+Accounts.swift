import CANNDoubleControls

extension CANNDouble {
    /// Kinds of objects that are counted while they live.
    public enum Kind: Int32, CaseIterable, Sendable {
        case tensors, tensorLists, intArrays, executors, streams, events, contexts
        case deviceBlocks, deviceBytes, pinnedBlocks
    }

    /// What broke the protocol, in order; empty if nothing did.
    public func violations(on device: Int32? = nil) -> [String] {
        journal(CANN_DOUBLE_VIOLATIONS, device)
    }

    /// Arguments that were refused with a status, as the real library would.
    public func refusals(on device: Int32? = nil) -> [String] {
        journal(CANN_DOUBLE_REFUSALS, device)
    }

    /// Forgets violations and refusals.
    public func clearJournal(on device: Int32? = nil) { controls.clear_journal(device ?? -1) }

    /// How many objects of a kind live.
    public func live(_ kind: Kind, on device: Int32? = nil) -> Int {
        Int(controls.live(device ?? -1, kind.rawValue))
    }

    /// What lives, by kind, without the kinds of which nothing does.
    public func alive(on device: Int32? = nil) -> [Kind: Int] {
        Dictionary(uniqueKeysWithValues: Kind.allCases.map { ($0, live($0, on: device)) })
            .filter { $0.value != 0 }
    }

    /// How often a function was called; all functions without a name.
    public func calls(of name: String? = nil, on device: Int32? = nil) -> Int {
        Int(controls.calls(device ?? -1, name))
    }

    /// How many copies on a stream waited for it, because their memory on the host is pageable.
    public func blockingCopies(on device: Int32) -> Int { Int(controls.blocking_copies(device)) }

    /// The names of the kernels and copies that ran on a device, in order.
    public func executed(on device: Int32) -> [String] {
        text { controls.executed(device, $0, $1) }.split(separator: "\n").map(String.init)
    }

    /// Device memory from aside, past every rule; nil if the range is no block's.
    public func peek(_ address: UnsafeRawPointer, bytes: Int) -> [UInt8]? {
        var copy = [UInt8](repeating: 0, count: bytes)
        return controls.peek(address, bytes, &copy) ? copy : nil
    }

    private func journal(_ kind: Int, _ device: Int32?) -> [String] {
        (0..<controls.journal_count(device ?? -1, Int32(kind))).map { index in
            text { controls.journal_text(device ?? -1, Int32(kind), index, $0, $1) }
        }
    }

    private func text(_ copy: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> String {
        let length = copy(nil, 0)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { buffer in
            _ = copy(buffer.baseAddress, buffer.count)
            return buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
    }
}
