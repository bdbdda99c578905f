package import MoE

/// Writes a model's MoE layers in the form in which the native backend computes, for
/// ``PackedModel`` to map.
///
/// Layers are read as ``Checkpoint`` reads them, quantised where they must be, and packed for the
/// instruction set that this process uses, an expert at a time on every thread: memory holds no
/// more of the weights than that.
public struct CheckpointPacker: Sendable {
    /// How many bytes the packed file will have, its directory left out.
    public let byteCount: Int
    /// The layers that will be packed.
    public var layers: [Int] { plans.map(\.layer) }

    let checkpoint: Checkpoint
    let plans: [PackingPlan]
    let format: PanelFormat
    /// The model's folder or file; nil for a checkpoint that is in no files.
    let model: String?

    /// Reads a checkpoint's headers and plans the packed file.
    ///
    /// - Parameters:
    ///   - model: the checkpoint's folder, or a GGUF file.
    ///   - part: which part's layers, of a model that has several: `vision`; nil for the first.
    ///   - mxfp4: how MXFP4 weights become int8.
    /// - Throws: what opening a ``Checkpoint`` and finding its layers' tensors throws;
    ///   `unsupported` for experts of sizes that cannot be packed.
    public init(
        of model: String, part: String? = nil, mxfp4: MXFP4Form = .requantized
    ) throws(CheckpointError) {
        try self.init(Checkpoint(directory: model, part: part, mxfp4: mxfp4), in: model)
    }

    /// Plans the packed file of a checkpoint, for a kernel.
    package init(
        _ checkpoint: Checkpoint, in model: String? = nil, kernel: GemmKernel = .chosen
    ) throws(CheckpointError) {
        let layers = checkpoint.moeLayers
        guard !layers.isEmpty else {
            throw CheckpointError(
                .unsupported, "\(checkpoint.configuration.file): the model has no MoE layer")
        }
        var plans: [PackingPlan] = []
        var end = PackedPreamble.byteCount
        for layer in layers {
            let plan = try PackingPlan(checkpoint, layer: layer, kernel: kernel, from: end)
            plans.append(plan)
            end = plan.end
        }
        self.checkpoint = checkpoint
        self.plans = plans
        self.model = model
        byteCount = end
        do {
            format = try PanelFormat(kernel)
        } catch {
            throw CheckpointError(.unsupported, error.message)
        }
    }

    /// Writes the packed file: whole, or nothing of that name.
    ///
    /// - Parameters:
    ///   - path: where the file is to appear; what stands there is replaced.
    ///   - threads: how many threads work; nil for one per processor.
    ///   - progress: takes how many bytes of ``byteCount`` are written, on any thread, one call at
    ///     a time.
    /// - Returns: what packing has changed of the weights.
    /// - Throws: `file` for files that cannot be read or written, or change meanwhile; `tensor` for
    ///   weights that are NaN or infinite.
    public func write(
        to path: String, threads: Int? = nil,
        progress: (@Sendable (_ completed: Int) -> Void)? = nil
    ) throws(CheckpointError) -> LoadReport {
        let threads = WorkerPool.threadCount(threads)
        try checkDestination(path)
        let source = try model.map { model throws(CheckpointError) in
            try SourceFiles(of: model, threads: threads)
        }
        let file = try PlacedFile(creating: path)
        let meter = PackingMeter(progress)
        var report = LoadReport()
        var packed: [PackedLayer] = []
        for plan in plans {
            let writer = LayerPacker(plan, of: checkpoint, to: file, meter: meter, threads: threads)
            packed.append(try writer.write(adding: &report))
        }
        if let model { try source?.checkUnchanged(in: model) }
        let directory = try PackedDirectory(
            format: format, modelType: checkpoint.configuration.modelTypes().first ?? "",
            source: source, layers: packed
        ).bytes()
        try file.write(directory.span.bytes, at: byteCount)
        // Last, and before the file gets its name: nothing half written can pass for whole.
        try file.write(
            PackedPreamble(
                directoryOffset: byteCount, directoryByteCount: directory.count,
                directoryHash: directory.withUnsafeBytes { XXH64.hash($0) }
            ).bytes.span.bytes, at: 0)
        try file.commit()
        return report
    }

    /// Checks that the file does not replace one that it is made from, and that there is room.
    private func checkDestination(_ path: String) throws(CheckpointError) {
        let destination = try FilePath.absolute(path)
        if let model {
            let (folder, names) = try SourceFiles.names(of: model)
            for name in names
            where FilePath.real(folder.isEmpty ? name : "\(folder)/\(name)") == destination {
                throw CheckpointError(
                    .file, "\(path): is a file of the model itself, wanted another one")
            }
        }
        let folder = destination.lastIndex(of: "/").map { String(destination[..<$0]) } ?? ""
        guard let free = FilePath.freeByteCount(of: folder.isEmpty ? "/" : folder),
            free < byteCount
        else { return }
        throw CheckpointError(
            .file, "\(path): \(byteCount) bytes to write, but \(free) are free on its disk")
    }
}
