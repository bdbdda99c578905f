public import MoE

/// A model's MoE layers as the native backend computes with them, in one file that is mapped.
///
/// Opening reads the directory alone, and a block of a layer nothing but its router: panels are
/// read from disk when a pass uses them, are shared by all processes that have the file open, and
/// leave memory again when it runs short. What comes out has the same bits as from the checkpoint.
///
/// ```swift
/// try CheckpointPacker(of: "Qwen3-30B-A3B").write(to: "qwen3.moepack")
/// let model = try PackedModel(opening: "qwen3.moepack")
/// let block = try model.block(3)
/// ```
///
/// A file is read by the instruction set that it was packed for. It is untrusted: a directory or a
/// router that is damaged is an error, and damaged panels can make results wrong and nothing worse;
/// ``verify(threads:)`` finds them. While a model or a block of it is in use, the file must keep its
/// length: touching what someone has cut off ends the process with SIGBUS, as with any mapped file.
/// Replacing the file, as packing anew does, is safe.
public struct PackedModel: Sendable {
    /// The file's path, as it was given.
    public var path: String { file.path }
    /// How many bytes the file has.
    public var byteCount: Int { file.byteCount }
    /// What the model's configuration calls its architecture.
    public var modelType: String { directory.modelType }
    /// The instruction set that the file was packed for, such as `avx512vnni`.
    public var instructionSet: String { directory.format.name }
    /// The layers that are MoE, ascending.
    public var layers: [Int] { directory.layers.map(\.layer) }

    let file: RegularFile
    private let mapping: MappedFile
    let directory: PackedDirectory
    private let kernel: GemmKernel

    /// Opens a packed file and checks its directory.
    ///
    /// - Parameter path: the file.
    /// - Throws: `file` if it cannot be opened or mapped; `format` if it is no packed file, or is
    ///   damaged or cut off; `unsupported` if it is of another version, or packed for another
    ///   instruction set than this process uses.
    public init(opening path: String) throws(CheckpointError) {
        let format: PanelFormat
        do {
            format = try PanelFormat.chosen.get()
        } catch {
            throw CheckpointError(.file, error.message)
        }
        try self.init(opening: path, kernel: .chosen, format: format)
    }

    /// Opens a packed file for a kernel, whose form of panels is `format`.
    package init(
        opening path: String, kernel: GemmKernel, format: PanelFormat
    ) throws(CheckpointError) {
        let file = try RegularFile(opening: path)
        let preamble = try PackedPreamble(file)
        let json = try preamble.directory(of: file)
        let place = "\(path): directory"
        let found = try PackedDirectory.format(of: json, place: place)
        guard found.fingerprint == format.fingerprint else {
            throw CheckpointError(
                .unsupported,
                "\(path): packed for \(found), wanted \(format), which this process uses: pack the "
                    + "model again")
        }
        let directory = try PackedDirectory(json, place: place)
        try directory.checkSections(before: preamble.directoryOffset, file: path)
        self.file = file
        self.mapping = try file.mapped()
        self.directory = directory
        self.kernel = kernel
        for layer in directory.layers {
            _ = try experts(layer.routed)
            if let shared = layer.shared { _ = try experts(shared.experts) }
        }
    }

    /// A layer, ready to compute.
    ///
    /// - Parameters:
    ///   - layer: the layer's index in the model.
    ///   - threads: how many threads may work, 1 or more; nil for one per processor.
    /// - Returns: the block, on the native backend.
    /// - Throws: `configuration` for a layer that is not in the file; `format` if its router is
    ///   damaged; `file` if the file has lost its length.
    public func block(_ layer: Int, threads: Int? = nil) throws(CheckpointError) -> MoEBlock {
        let packed = try entry(of: layer)
        do {
            return MoEBlock(
                try PreparedLayer(
                    router: try router(packed), routed: try experts(packed.routed),
                    activation: packed.routed.activation, shared: try shared(packed),
                    weightsInput: packed.weightsInput),
                threads: threads)
        } catch let error as CheckpointError {
            throw error
        } catch {
            throw CheckpointError(.format, "\(path): layer \(layer): \(error)")
        }
    }

    /// What the directory says of a layer; the file must have its length still.
    func entry(of layer: Int) throws(CheckpointError) -> PackedLayer {
        guard let packed = directory.layers.first(where: { $0.layer == layer }) else {
            throw CheckpointError(
                .configuration,
                "\(path): there is no MoE layer \(layer), wanted one of \(layers.ranges)")
        }
        guard file.keepsItsLength else {
            throw CheckpointError(
                .file, "\(path): has lost its \(byteCount) bytes since it was opened")
        }
        return packed
    }

    // MARK: - Parts of a block

    private func experts(_ set: PackedExpertSet) throws(CheckpointError) -> PackedExperts {
        do {
            return try PackedExperts(
                ExpertLayout(
                    kernel: kernel, shape: set.shape, isGated: set.activation.isGated,
                    hasGateUpBias: set.hasGateUpBias, hasDownBias: set.hasDownBias),
                in: mapping, weights: set.panels.range, factors: set.factors.range)
        } catch {
            throw CheckpointError(.format, "\(path): \(error.message)")
        }
    }

    private func shared(_ layer: PackedLayer) throws(CheckpointError) -> PackedSharedExpert? {
        guard let shared = layer.shared else { return nil }
        return PackedSharedExpert(
            experts: try experts(shared.experts), activation: shared.experts.activation,
            gate: try floats(shared.gate, of: layer), scale: shared.scale)
    }

    private func router(_ layer: PackedLayer) throws(CheckpointError) -> Router {
        let packed = layer.router
        let weight = try floats(packed.weight, of: layer) ?? []
        let table = try packed.expertsOfToken.map { section throws(CheckpointError) in
            try words(section, of: layer, as: Int32.self)
        }
        return Router(
            configuration: packed.configuration,
            weight: Matrix(
                rows: packed.expertCount, columns: layer.routed.shape.hiddenSize,
                unchecked: weight),
            logitBias: try floats(packed.logitBias, of: layer),
            correctionBias: try floats(packed.correctionBias, of: layer),
            expertScale: try floats(packed.expertScale, of: layer),
            expertsOfToken: table.map {
                let topK = packed.configuration.topK
                return Matrix(rows: $0.count / topK, columns: topK, unchecked: $0)
            },
            inputNormEpsilon: packed.inputNormEpsilon)
    }

    private func floats(
        _ section: PackedSection?, of layer: PackedLayer
    ) throws(CheckpointError) -> [Float]? {
        guard let section else { return nil }
        return try words(section, of: layer, as: Float.self)
    }

    /// A copy of a section, which is small, after its hash is checked.
    private func words<Word: BitwiseCopyable>(
        _ section: PackedSection, of layer: PackedLayer, as type: Word.Type
    ) throws(CheckpointError) -> [Word] {
        let bytes = try file.bytes(section.range)
        guard bytes.withUnsafeBytes({ XXH64.hash($0) }) == section.hash else {
            throw CheckpointError(
                .format,
                "\(path): damaged packed file: layer \(layer.layer): its router or gate does not "
                    + "have its hash")
        }
        return [Word](count: section.byteCount / MemoryLayout<Word>.stride) { words in
            bytes.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(start: words, count: $0.count).copyMemory(from: $0)
            }
        }
    }
}
