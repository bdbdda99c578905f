internal import MoE
import Synchronization

extension PackedModel {
    /// Checks that all bytes of the file, or of one of its layers, are those that were written.
    ///
    /// - Parameters:
    ///   - layer: the layer; nil for all.
    ///   - threads: how many threads read; nil for one per processor.
    /// - Throws: `format`, naming the layer and the part that is damaged; `file` if the file cannot
    ///   be read; `configuration` for a layer that is not in it.
    public func verify(layer: Int? = nil, threads: Int? = nil) throws(CheckpointError) {
        let threads = WorkerPool.threadCount(threads)
        let layers =
            if let layer { [try entry(of: layer)] } else { directory.layers }
        for layer in layers {
            for (name, section) in layer.sections {
                guard try hash(section, threads: threads) == section.hash else {
                    throw CheckpointError(
                        .format,
                        "\(path): damaged packed file: layer \(layer.layer): \(name) do not have "
                            + "their hash")
                }
            }
        }
    }

    /// Checks that the file was made from a model as it is now.
    ///
    /// - Parameter model: the checkpoint's folder, or a GGUF file.
    /// - Throws: `unsupported`, naming the file that has changed; `file` if the model cannot be
    ///   read.
    public func verify(isMadeFrom model: String) throws(CheckpointError) {
        guard let source = directory.source else {
            throw CheckpointError(
                .unsupported, "\(path): does not say what it was packed from, wanted \(model)")
        }
        if let change = try source.change(in: model) {
            throw CheckpointError(
                .unsupported,
                "\(path): not packed from \(model) as it is: \(change): pack the model again")
        }
    }

    /// The hash of a section, read anew: of its parts by several threads.
    private func hash(
        _ section: PackedSection, threads: Int
    ) throws(CheckpointError) -> UInt64 {
        let size = section.byteCount / section.parts
        let hashes = Mutex<[Result<UInt64, CheckpointError>?]>(
            Array(repeating: nil, count: section.parts))
        WorkerPool.shared.run(tiles: section.parts, threads: threads) { part, _ in
            let first = section.offset + part * size
            let hash = Result { () throws(CheckpointError) in
                try file.bytes(first..<first + size).withUnsafeBytes { XXH64.hash($0) }
            }
            hashes.withLock { $0[part] = hash }
        }
        var parts: [UInt64] = []
        for hash in hashes.withLock({ $0 }) {
            if let hash = try hash?.get() { parts.append(hash) }
        }
        return PackedSection.hash(ofParts: parts)
    }
}

extension PackedSection {
    /// The hash of a section whose parts have these hashes.
    static func hash(ofParts hashes: [UInt64]) -> UInt64 {
        hashes.count == 1 ? hashes[0] : hashes.withUnsafeBytes { XXH64.hash($0) }
    }
}
