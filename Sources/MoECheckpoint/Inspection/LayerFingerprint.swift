internal import MoE

/// What the names, types and shapes of a layer's tensors come to, in whatever order they are.
///
/// The sum of a keyed hash of each, whose key is another in every process: that two different
/// layers have the same one is as likely as guessing 64 bits.
struct LayerFingerprint: Hashable {
    private var sum: UInt64 = 0
    private var count = 0

    /// Adds a tensor.
    ///
    /// - Parameters:
    ///   - leaf: what follows the layer's index in its name, as UTF-8.
    ///   - entry: its type, shape and size; nil for one that cannot be had.
    ///   - scheme: what a description file says of it.
    mutating func add(
        _ leaf: UnsafeRawBufferPointer, _ entry: TensorEntry?, scheme: JSONValue?
    ) {
        var hasher = Hasher()
        hasher.combine(bytes: leaf)
        hasher.combine(entry?.type)
        hasher.combine(entry?.shape)
        hasher.combine(entry?.byteCount)
        if let scheme { hasher.combine(scheme.found) }
        sum &+= UInt64(bitPattern: Int64(hasher.finalize()))
        count += 1
    }
}

extension Checkpoint {
    /// The fingerprint of a layer.
    func fingerprint(ofLayer layer: Int) -> LayerFingerprint {
        var fingerprint = LayerFingerprint()
        let numbered = source as? any NumberedTensors
        for run in index.runs[layer] ?? [] {
            for place in run.places.lazy.map(Int.init) {
                let entry =
                    if let numbered { numbered.entry(at: place) } else {
                        source.entry(index.table[place])
                    }
                let scheme = weightFormat.description?.scheme(of: index.table[place])
                index.table.withBytes(of: place) { name in
                    fingerprint.add(
                        UnsafeRawBufferPointer(
                            rebasing: UnsafeRawBufferPointer(name)[run.prefix.utf8.count...]),
                        entry,
                        scheme: scheme)
                }
            }
        }
        return fingerprint
    }
}
