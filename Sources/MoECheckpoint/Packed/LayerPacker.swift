internal import MoE
import Synchronization

/// Reads, packs and writes one layer, an expert at a time on every thread.
struct LayerPacker {
    private let plan: PackingPlan
    private let source: any TensorSource
    private let file: PlacedFile
    private let meter: PackingMeter
    private let threads: Int

    init(
        _ plan: PackingPlan, of checkpoint: Checkpoint, to file: PlacedFile, meter: PackingMeter,
        threads: Int
    ) {
        self.plan = plan
        self.source = checkpoint.source
        self.file = file
        self.meter = meter
        self.threads = threads
    }

    /// Writes the layer.
    ///
    /// - Parameter report: what reading changes of the weights is added here.
    /// - Returns: where its parts are.
    /// - Throws: `file` for files that cannot be read or written, `tensor` for weights that are NaN
    ///   or infinite.
    func write(adding report: inout LoadReport) throws(CheckpointError) -> PackedLayer {
        var loader = LayerLoader(plan.description, plan: plan.tensors, source: source)
        let layer = try loader.layerWithoutExperts(.int8)
        var parts = PartWriter(file, meter: meter, from: plan.partsOffset)
        let router = layer.router
        let packedRouter = PackedRouter(
            configuration: router.configuration, expertCount: router.expertCount,
            weight: try parts.write(router.weight.elements),
            logitBias: try parts.write(ifThere: router.logitBias),
            correctionBias: try parts.write(ifThere: router.correctionBias),
            expertScale: try parts.write(ifThere: router.expertScale),
            expertsOfToken: try parts.write(ifThere: router.expertsOfToken?.elements),
            inputNormEpsilon: router.inputNormEpsilon)
        var shared: PackedShared?
        if let expert = layer.shared, let layout = plan.shared,
            case .int8(let weights) = expert.experts
        {
            let sections = try write(
                layout, panels: plan.sharedPanelOffset, factors: plan.sharedFactorOffset
            ) { index throws(CheckpointError) in weights[index] }
            shared = PackedShared(
                experts: PackedExpertSet(
                    layout, activation: expert.activation ?? layer.activation, sections),
                gate: try parts.write(ifThere: expert.gate), scale: expert.scale)
        }
        report.add(loader.report)
        let sections = try writeExperts(adding: &report)
        return PackedLayer(
            layer: plan.layer, weightsInput: layer.weightsInput, router: packedRouter,
            routed: PackedExpertSet(plan.routed, activation: layer.activation, sections),
            shared: shared)
    }

    private func writeExperts(
        adding report: inout LoadReport
    ) throws(CheckpointError) -> (panels: PackedSection, factors: PackedSection) {
        let count = plan.routed.shape.expertCount
        let reports = Mutex(Array(repeating: LoadReport(), count: count))
        let sections = try write(
            plan.routed, panels: plan.panelOffset, factors: plan.factorOffset
        ) { index throws(CheckpointError) in
            var loader = LayerLoader(plan.description, plan: plan.tensors, source: source)
            let expert = try loader.expert(index)
            let report = loader.report
            reports.withLock { $0[index] = report }
            return expert
        }
        // In the experts' order, so that the sums are the same for every number of threads.
        for expert in reports.withLock({ $0 }) { report.add(expert) }
        return sections
    }

    /// Packs and writes experts that `expert` reads.
    private func write(
        _ layout: ExpertLayout, panels: Int, factors: Int,
        expert: (Int) throws(CheckpointError) -> Expert<QuantizedMatrix>
    ) throws(CheckpointError) -> (panels: PackedSection, factors: PackedSection) {
        let count = layout.shape.expertCount
        let hashes = Mutex(Array(repeating: (panels: UInt64(0), factors: UInt64(0)), count: count))
        let failure = Mutex<CheckpointError?>(nil)
        WorkerPool.shared.run(tiles: count, threads: threads) { index, _ in
            guard failure.withLock({ $0 == nil }) else { return }
            do throws(CheckpointError) {
                let packed = try Self.pack(try expert(index), as: layout)
                let (weights, scales) = (packed.weightBytes, packed.factorBytes)
                try file.write(weights, at: panels + index * weights.count)
                try file.write(scales, at: factors + index * scales.count)
                hashes.withLock {
                    $0[index] = (XXH64.hash(weights), XXH64.hash(scales))
                }
                extendLifetime(packed)
                meter.add(weights.count + scales.count)
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        let all = hashes.withLock { $0 }
        return (
            PackedSection(
                offset: panels, byteCount: count * layout.weightBytes, parts: count,
                hash: PackedSection.hash(ofParts: all.map(\.panels))),
            PackedSection(
                offset: factors, byteCount: count * layout.factorBytes, parts: count,
                hash: PackedSection.hash(ofParts: all.map(\.factors)))
        )
    }

    private static func pack(
        _ expert: Expert<QuantizedMatrix>, as layout: ExpertLayout
    ) throws(CheckpointError) -> PackedExperts {
        do {
            return try PackedExperts(packing: expert, as: layout)
        } catch {
            throw CheckpointError(.tensor, error.message)
        }
    }
}

extension PackedExpertSet {
    fileprivate init(
        _ layout: ExpertLayout, activation: Activation,
        _ sections: (panels: PackedSection, factors: PackedSection)
    ) {
        self.init(
            shape: layout.shape, hasGateUpBias: layout.hasGateUpBias,
            hasDownBias: layout.hasDownBias, activation: activation, panels: sections.panels,
            factors: sections.factors)
    }
}

/// Writes a layer's small parts one after the other, each from a page on.
private struct PartWriter {
    private let file: PlacedFile
    private let meter: PackingMeter
    private var offset: Int

    init(_ file: PlacedFile, meter: PackingMeter, from offset: Int) {
        self.file = file
        self.meter = meter
        self.offset = offset
    }

    /// Writes a part; nil for none.
    mutating func write<Word: BitwiseCopyable>(
        ifThere words: [Word]?
    ) throws(CheckpointError) -> PackedSection? {
        guard let words else { return nil }
        return try write(words)
    }

    /// Writes a part.
    mutating func write<Word: BitwiseCopyable>(
        _ words: [Word]
    ) throws(CheckpointError) -> PackedSection {
        let bytes = words.span.bytes
        let alignment = PackedSection.alignment
        offset = (offset + alignment - 1) / alignment * alignment
        try file.write(bytes, at: offset)
        defer { offset += bytes.byteCount }
        meter.add(bytes.byteCount)
        return PackedSection(
            offset: offset, byteCount: bytes.byteCount, parts: 1,
            hash: bytes.withUnsafeBytes { XXH64.hash($0) })
    }
}

/// Counts the bytes that all threads have written, and tells an observer from time to time.
final class PackingMeter: Sendable {
    private let observer: (@Sendable (Int) -> Void)?
    private let state = Mutex((completed: 0, next: ContinuousClock.now))

    init(_ observer: (@Sendable (Int) -> Void)?) {
        self.observer = observer
    }

    /// Counts bytes.
    func add(_ count: Int) {
        state.withLock { state in
            state.completed += count
            guard let observer, ContinuousClock.now >= state.next else { return }
            state.next = .now + .milliseconds(100)
            observer(state.completed)
        }
    }
}
