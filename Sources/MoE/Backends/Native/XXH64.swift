/// The 64-bit hash XXH64 with seed 0, as `xxhsum` prints it.
///
/// It finds accidents, not attacks.
package struct XXH64 {
    private var lanes: (UInt64, UInt64, UInt64, UInt64) = (
        prime1 &+ prime2, prime2, 0, 0 &- prime1
    )
    private var byteCount: UInt64 = 0

    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    /// The hash of bytes.
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let whole = bytes.count & ~31
        var hash = XXH64()
        hash.update(UnsafeRawBufferPointer(rebasing: bytes[..<whole]))
        return hash.finish(UnsafeRawBufferPointer(rebasing: bytes[whole...]))
    }

    /// A hash of no bytes so far.
    package init() {}

    /// Adds bytes, a multiple of 32 of them.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count % 32 == 0, "not whole stripes of 32 bytes")
        byteCount &+= UInt64(bytes.count)
        guard let base = bytes.baseAddress else { return }
        var (a, b, c, d) = lanes
        for offset in stride(from: 0, to: bytes.count, by: 32) {
            let stripe = base + offset
            a = Self.round(a, stripe.loadUnaligned(as: UInt64.self))
            b = Self.round(b, stripe.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            c = Self.round(c, stripe.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
            d = Self.round(d, stripe.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
        }
        lanes = (a, b, c, d)
    }

    /// The hash, after the last bytes: any number of them, of which 31 at most are no stripe.
    package consuming func finish(_ rest: UnsafeRawBufferPointer) -> UInt64 {
        let whole = rest.count & ~31
        update(UnsafeRawBufferPointer(rebasing: rest[..<whole]))
        let (a, b, c, d) = lanes
        var hash: UInt64
        if byteCount > 0 {
            hash = Self.rotate(a, 1) &+ Self.rotate(b, 7) &+ Self.rotate(c, 12)
            hash &+= Self.rotate(d, 18)
            for lane in [a, b, c, d] {
                hash = (hash ^ Self.round(0, lane)) &* Self.prime1 &+ Self.prime4
            }
        } else {
            hash = Self.prime5
        }
        let tail = rest[whole...]
        hash &+= byteCount &+ UInt64(tail.count)
        var place = whole
        while place + 8 <= rest.count {
            hash ^= Self.round(0, rest.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            hash = Self.rotate(hash, 27) &* Self.prime1 &+ Self.prime4
            place += 8
        }
        if place + 4 <= rest.count {
            let word = UInt64(rest.loadUnaligned(fromByteOffset: place, as: UInt32.self))
            hash = Self.rotate(hash ^ word &* Self.prime1, 23) &* Self.prime2 &+ Self.prime3
            place += 4
        }
        for byte in rest[place...] {
            hash = Self.rotate(hash ^ UInt64(byte) &* Self.prime5, 11) &* Self.prime1
        }
        hash = (hash ^ hash >> 33) &* Self.prime2
        hash = (hash ^ hash >> 29) &* Self.prime3
        return hash ^ hash >> 32
    }

    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* prime2, 31) &* prime1
    }

    private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 {
        word << bits | word >> (64 &- bits)
    }
}
