/// Distinct names in the order in which they were added, and the way back from a name to its place.
///
/// A checkpoint may have a million tensors: their names stand here one behind the other in one
/// array, where a dictionary would allocate a string for each. Names are compared byte by byte.
package struct NameTable: Sendable {
    /// All names, one after the other.
    private var text: [UInt8] = []
    /// Where each ends in `text`.
    private var ends: [Int] = []
    /// The hash of each.
    private var hashes: [UInt32] = []
    /// Places of names plus 1, each at the slot of its hash or behind; 0 where there is none.
    private var slots: [UInt32] = []

    /// No names.
    package init() {}

    /// The distinct ones of some names.
    package init(_ names: some Sequence<String>) {
        for var name in names { _ = name.withUTF8 { insert($0) } }
    }

    /// How many names there are.
    package var count: Int { ends.count }

    /// The name at a place.
    package subscript(place: Int) -> String {
        String(decoding: text[start(place)..<ends[place]], as: UTF8.self)
    }

    /// All names.
    package var names: [String] { (0..<count).map { self[$0] } }

    /// Whether all names are ASCII: then different bytes are different texts.
    var isASCII: Bool { text.withUnsafeBufferPointer { $0.reduce(0, |) } < 0x80 }

    /// Makes room for names, where their number can be guessed.
    mutating func reserve(_ count: Int, byteCount: Int) {
        text.reserveCapacity(byteCount)
        ends.reserveCapacity(count)
        hashes.reserveCapacity(count)
        if slots.count < 2 * count { resize(to: 2 * count) }
    }

    /// Adds a name.
    ///
    /// - Parameter name: its UTF-8.
    /// - Returns: its place, or nil if it is there already.
    mutating func insert(_ name: UnsafeBufferPointer<UInt8>) -> Int? {
        if slots.count <= 2 * count { resize(to: max(16, 4 * count)) }
        let hash = Self.hash(name)
        let slot = slot(of: name, hash)
        guard slots[slot] == 0 else { return nil }
        text.append(contentsOf: name)
        ends.append(text.count)
        hashes.append(hash)
        slots[slot] = UInt32(count)
        return count - 1
    }

    /// The place of a name, or nil if it is not there.
    func place(of name: UnsafeBufferPointer<UInt8>) -> Int? {
        if slots.isEmpty { return nil }
        let place = slots[slot(of: name, Self.hash(name))]
        return place == 0 ? nil : Int(place) - 1
    }

    /// The place of a name, or nil if it is not there.
    func place(of name: String) -> Int? {
        var name = name
        return name.withUTF8 { place(of: $0) }
    }

    /// Hands the UTF-8 of a name to `body`.
    func withBytes<Result>(
        of place: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        text.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[start(place)..<ends[place]]))
        }
    }

    /// Whether the name at a place begins with some bytes.
    func hasPrefix(_ prefix: some Collection<UInt8>, _ place: Int) -> Bool {
        let first = start(place)
        guard ends[place] - first >= prefix.count else { return false }
        let isPrefix = prefix.withContiguousStorageIfAvailable { prefix in
            text.withUnsafeBytes {
                UnsafeRawBufferPointer(rebasing: $0[first..<first + prefix.count])
                    .equals(UnsafeRawBufferPointer(prefix))
            }
        }
        return isPrefix ?? text[first...].starts(with: prefix)
    }

    private func start(_ place: Int) -> Int { place == 0 ? 0 : ends[place - 1] }

    // MARK: - Slots

    /// The slot that holds a name, or the free one that it belongs to.
    private func slot(of name: UnsafeBufferPointer<UInt8>, _ hash: UInt32) -> Int {
        let mask = slots.count - 1
        var slot = Int(hash) & mask
        while slots[slot] != 0, !holds(name, hash, at: Int(slots[slot]) - 1) {
            slot = (slot + 1) & mask
        }
        return slot
    }

    private func holds(_ name: UnsafeBufferPointer<UInt8>, _ hash: UInt32, at place: Int) -> Bool {
        hashes[place] == hash && ends[place] - start(place) == name.count
            && withBytes(of: place) { UnsafeRawBufferPointer($0).equals(.init(name)) }
    }

    /// Spreads the names over at least so many slots, a power of two.
    private mutating func resize(to least: Int) {
        var size = 16
        while size < least { size *= 2 }
        slots = [UInt32](repeating: 0, count: size)
        for (place, hash) in hashes.enumerated() {
            var slot = Int(hash) & (size - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = UInt32(place + 1)
        }
    }

    // MARK: - Hash

    /// Different in every process, so that no file can be made whose names collide.
    private static let seed = UInt64.random(in: .min ... .max)

    /// Folded products of eight bytes at a time.
    private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> UInt32 {
        let bytes = UnsafeRawBufferPointer(name)
        let (key, factor) = (seed, seed | 1)
        var state = key ^ UInt64(bytes.count)
        func fold(_ word: UInt64) {
            let product = (state ^ word).multipliedFullWidth(by: factor)
            state = product.high ^ product.low ^ key
        }
        var offset = 0
        while offset + 8 <= bytes.count {
            fold(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < bytes.count {
            rest = rest << 8 | UInt64(bytes[offset])
            offset += 1
        }
        fold(rest)
        return UInt32(truncatingIfNeeded: state ^ state >> 32)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether as many bytes are the same.
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var offset = 0
        while offset + 8 <= count {
            if loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                != other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            {
                return false
            }
            offset += 8
        }
        while offset < count {
            if self[offset] != other[offset] { return false }
            offset += 1
        }
        return true
    }
}
