internal import MoE
import Synchronization

/// Writes a model's checkpoint anew with its experts' weights in int8.
///
/// The linear layers of all experts, shared ones included, become int8 with a scale per output
/// channel: the numbers that ``Checkpoint/load(_:experts:)`` gives, to the last bit. Everything
/// else is copied byte for byte. Stacked experts are split into linear layers of their own, which
/// is what readers of the formats know.
///
/// ```swift
/// let quantizer = try CheckpointQuantizer(of: "Qwen3-30B-A3B", as: .compressedTensors)
/// let report = try quantizer.write(to: "Qwen3-30B-A3B-W8A8")
/// ```
public struct CheckpointQuantizer: Sendable {
    /// The folder that is read.
    public let source: String
    /// The form of the new checkpoint.
    public let format: QuantizedFormat
    /// How many bytes of the source's tensors are read.
    public let sourceByteCount: Int
    /// How many bytes the files of weights will have.
    public let byteCount: Int
    /// How many files of weights there will be.
    public var fileCount: Int { shards.count }
    /// How long an observer is left alone between two events of progress.
    package var reportInterval = Duration.milliseconds(100)
    private let configuration: JSONValue
    private let tensors: SafetensorsDirectory
    private let plan: QuantizationPlan
    private let shards: [OutputShard]
    private let sourceFiles: [String]
    private let shardSize: Int
    private let mxfp4: MXFP4Form
    private let state: SourceState

    /// Reads a checkpoint's headers and plans the new one.
    ///
    /// - Parameters:
    ///   - directory: the model's folder: `config.json` and safetensors.
    ///   - format: the form of the new one.
    ///   - shardSize: how many bytes of tensors a file may have; a tensor that has more gets a
    ///     file of its own.
    ///   - mxfp4: how MXFP4 weights become int8.
    /// - Throws: what opening a ``Checkpoint`` and finding its layers' tensors throws.
    public init(
        of directory: String, as format: QuantizedFormat, shardSize: Int = 5_000_000_000,
        mxfp4: MXFP4Form = .requantized
    ) throws(CheckpointError) {
        guard !directory.hasSuffix(".gguf") else {
            throw CheckpointError(
                .unsupported, "\(directory): a GGUF file, wanted a folder of safetensors")
        }
        let folder = try Folder(opening: directory)
        let file = folder.path(of: "config.json")
        configuration = try JSONValue(contentsOf: file)
        let model = try ModelConfiguration(configuration, file: file)
        tensors = try SafetensorsDirectory(opening: folder.path)
        sourceFiles =
            ["config.json"] + tensors.files
            + folder.names.filter {
                $0.hasSuffix(".safetensors.index.json") || ModelSlimDescription.isName($0)
                    || $0 == "hf_quant_config.json"
            }
        self.format = format
        self.shardSize = shardSize
        source = folder.path
        state = try Self.state(format, shardSize, mxfp4, sourceFiles, source)
        self.mxfp4 = mxfp4
        var weightFormat = try WeightFormat(model, directory: folder.path)
        weightFormat.mxfp4 = mxfp4
        let checkpoint = try Checkpoint(
            configuration: model, tensors: tensors, weightFormat: weightFormat)
        plan = try QuantizationPlan(checkpoint, tensors, as: format)
        shards = try OutputShard.shards(of: plan.pieces, limit: shardSize, format: format)
        sourceByteCount = plan.pieces.reduce(0) { $0 + $1.sourceByteCount }
        byteCount = shards.reduce(0) { $0 + $1.byteCount }
    }

    /// Writes the new checkpoint: whole, or nothing of that name.
    ///
    /// It grows in a folder with `.partial` behind its name. Where that is left from a run that was
    /// interrupted, and the source has not changed since, the files that it has finished are kept.
    ///
    /// - Parameters:
    ///   - destination: the new folder; there must be none, or an empty one.
    ///   - threads: how many threads work; nil for one per processor.
    ///   - observer: takes what happens.
    /// - Returns: what was written.
    /// - Throws: `file` for a destination that is there, or in the source, or has too little room,
    ///   and for files that cannot be read or written; `tensor` for weights that are NaN or
    ///   infinite; what the observer throws.
    @discardableResult
    public func write(
        to destination: String, threads: Int? = nil, observer: QuantizationObserver? = nil
    ) throws(CheckpointError) -> QuantizationReport {
        let partial = try PartialFolder(
            for: emptyDestination(destination), state: state)
        do throws(CheckpointError) {
            let loss = try fill(
                partial, threads: WorkerPool.threadCount(threads), observer: observer)
            try partial.commit()
            return QuantizationReport(plan.pieces, plan.notes, shards, loss: loss)
        } catch {
            if partial.removeIfUseless() { throw error }
            throw CheckpointError(
                error.code, "\(error.message); what is done is kept in \(partial.path)")
        }
    }

    /// Writes all files, but for those that an earlier run has finished.
    private func fill(
        _ partial: PartialFolder, threads: Int, observer: QuantizationObserver?
    ) throws(CheckpointError) -> RequantizationLoss {
        let growing = shards.map { GrowingShard($0, folder: partial.path) }
        let unfinished = growing.filter { !$0.isFinished }
        let finishedCount = growing.count - unfinished.count
        if let reason = partial.restartReason { try observer?(.restarts(reason: reason)) }
        if finishedCount > 0 { try observer?(.resumes(files: finishedCount)) }
        try checkRoom(for: unfinished, in: partial.path)
        try CompanionFiles(in: source).copy(to: partial.path)
        let loss = try write(unfinished, threads: threads, observer: observer)
        try describe(in: partial.path)
        guard try Self.state(format, shardSize, mxfp4, sourceFiles, source) == state else {
            throw CheckpointError(
                .file, "\(source): has changed while it was read, wanted files that stay the same")
        }
        return loss
    }

    private static func state(
        _ format: QuantizedFormat, _ shardSize: Int, _ mxfp4: MXFP4Form, _ files: [String],
        _ folder: String
    ) throws(CheckpointError) -> SourceState {
        try SourceState(
            options: [
                "format": format.rawValue, "shard size": String(shardSize),
                "form of MXFP4": mxfp4.rawValue,
            ], files: files, in: folder)
    }

    // MARK: - Before

    private func emptyDestination(_ path: String) throws(CheckpointError) -> String {
        let destination = try FilePath.absolute(path)
        let source = FilePath.real(source) ?? source
        guard !FilePath.isInside(destination, source) else {
            throw CheckpointError(
                .file, "\(path): is \(self.source) or lies in it, wanted another folder")
        }
        guard FilePath.real(destination) != nil else { return destination }
        if let name = try Folder(opening: destination).content.first {
            throw CheckpointError(
                .file,
                "\(path): is there and holds \(name.printable), wanted a new or an empty folder")
        }
        if FilePath.isMountPoint(destination) {
            throw CheckpointError(
                .file, "\(path): is the root of a file system, wanted a folder in one")
        }
        return destination
    }

    private func checkRoom(
        for shards: [GrowingShard], in folder: String
    ) throws(CheckpointError) {
        let needed = shards.reduce(0) { $0 + $1.shard.byteCount }
        guard let free = FilePath.freeByteCount(of: folder), free < needed else { return }
        throw CheckpointError(
            .file, "\(folder): \(needed) bytes to write, but \(free) are free on its disk")
    }

    // MARK: - Weights

    private func write(
        _ shards: [GrowingShard], threads: Int, observer: QuantizationObserver?
    ) throws(CheckpointError) -> RequantizationLoss {
        var jobs: [(shard: GrowingShard, piece: Int)] = []
        for shard in shards { jobs += shard.shard.pieces.map { (shard, $0) } }
        let rest = jobs.reduce(0) { $0 + plan.pieces[$1.piece].sourceByteCount }
        let meter = ProgressMeter(
            total: sourceByteCount, completed: sourceByteCount - rest, interval: reportInterval,
            observer: observer)
        let writers = (0..<threads).map { _ in PieceWriter(tensors, meter: meter) }
        let failure = Mutex<CheckpointError?>(nil)
        WorkerPool.shared.run(tiles: jobs.count, threads: threads) { job, worker in
            guard failure.withLock({ $0 == nil }) else { return }
            let (shard, piece) = jobs[job]
            do throws(CheckpointError) {
                try writers[worker].write(
                    plan.pieces[piece], to: shard.file(),
                    at: shard.shard.offsets[piece - shard.shard.pieces.lowerBound])
                try shard.finishPiece()
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        return writers.reduce(into: RequantizationLoss("experts", format: "")) {
            $0.add($1.loss)
        }
    }

    // MARK: - After

    private func describe(in folder: String) throws(CheckpointError) {
        let files = QuantizedConfiguration(plan.pieces, format: format)
        if format == .modelSlim {
            try PartialFolder.write(
                files.description.text(.indented), to: "\(folder)/quant_model_description.json")
        }
        if shards.count > 1 {
            try PartialFolder.write(
                files.index(shards).text(.indented), to: "\(folder)/\(format.indexName)")
        }
        try PartialFolder.write(
            files.configuration(configuration).text(.indented), to: "\(folder)/config.json")
    }
}
