/// What a model's checkpoint holds, found out from its configuration and headers: no weight is read.
///
/// A layer is told of by the same steps that load it, up to where its weights would be read. What
/// remains to be seen is in the weights: one that is NaN or infinite is refused as it is read.
///
/// ```swift
/// let inspection = try CheckpointInspection(directory: "Qwen3-30B-A3B")
/// inspection.groups.first?.summary?.int8ByteCount   // of each of its layers
/// ```
public struct CheckpointInspection: Sendable {
    /// Layers of which the same is to be said.
    public struct Group: Sendable {
        /// The layers, ascending.
        public internal(set) var layers: [Int]
        /// What they are; nil where they are refused.
        public let summary: LayerSummary?
        /// Why they are refused, as loading the first of them says it; nil where they are not.
        public let refusal: CheckpointError?
    }

    /// The folder or file, as it was given.
    public let path: String
    /// What the model calls its architecture: `model_type`; nil where that is not to be found.
    public let modelType: String?
    /// The family by which the model is read; nil for a model that is refused.
    public let family: String?
    /// The known family that the model was taken for by its tensors' names; nil where its
    /// `model_type` says what it is.
    public let takenFor: String?
    /// The parts of the model that have MoE layers, first the one that was inspected; empty for
    /// models of one part.
    public let parts: [String]
    /// What the checkpoint calls the form its weights are stored in.
    public let format: String?
    /// How many decoder layers the model has, dense ones included.
    public let layerCount: Int
    /// The MoE layers and those that are refused, by their first layers.
    public let groups: [Group]
    /// Why the model is refused as a whole; nil where single layers may be.
    public let refusal: CheckpointError?

    /// Layers that load, unless their weights are not finite.
    public var loadableLayers: [Int] {
        groups.filter { $0.refusal == nil }.flatMap(\.layers).sorted()
    }

    /// Layers that are refused.
    public var refusedLayers: [Int] {
        groups.filter { $0.refusal != nil }.flatMap(\.layers).sorted()
    }

    /// Bytes of all layers that load, once their experts are int8: ``LayerSummary/int8ByteCount``.
    public var int8ByteCount: Int {
        groups.reduce(0) { sum, group in
            let (bytes, overflow) = (group.summary?.int8ByteCount ?? 0)
                .multipliedReportingOverflow(by: group.layers.count)
            return sum.saturating(adding: overflow ? .max : bytes)
        }
    }

    /// Inspects a model's folder, or a GGUF file.
    ///
    /// - Parameters:
    ///   - directory: what ``Checkpoint/init(directory:part:mxfp4:)`` takes.
    ///   - part: the part of a model that has several; nil for the first.
    /// - Throws: `file` for what cannot be opened, `format` for a file that is not what its name
    ///   says. A model that is well-formed and not supported is no error but a ``refusal``.
    public init(directory: String, part: String? = nil) throws(CheckpointError) {
        do {
            self.init(try Checkpoint(directory: directory, part: part), path: directory)
        } catch  where [.file, .format].contains(error.code) {
            throw error
        } catch {
            self.init(refused: error, path: directory)
        }
    }

    private init(refused: CheckpointError, path: String) {
        self.path = path
        let file = path + "/config.json"
        let configuration = try? ModelConfiguration(JSONValue(contentsOf: file), file: file)
        modelType = (try? configuration?.modelTypes())?.first
        (family, takenFor, parts, format, layerCount, groups) = (nil, nil, [], nil, 0, [])
        refusal = refused
    }

    /// Inspects a checkpoint that is open.
    ///
    /// - Parameters:
    ///   - checkpoint: the checkpoint.
    ///   - path: where it is, as reports name it.
    public init(_ checkpoint: Checkpoint, path: String) {
        self.path = path
        modelType = (try? checkpoint.configuration.modelTypes())?.first
        family = checkpoint.family.name
        takenFor = checkpoint.takenFor
        parts = checkpoint.parts
        format = checkpoint.weightFormat.name
        layerCount = checkpoint.layerCount
        (checkpoint.source as? SafetensorsDirectory)?.openShards()
        groups = checkpoint.inspectedLayers()
        refusal = nil
    }
}

extension Checkpoint {
    /// Tells of every layer that is MoE, or whose configuration and tensors disagree on that.
    ///
    /// What a plan finds depends on nothing but the layer's description and its tensors' names,
    /// types and shapes: of layers that are alike in those, one is planned.
    fileprivate func inspectedLayers() -> [CheckpointInspection.Group] {
        var groups: [CheckpointInspection.Group] = []
        var known: [LayerKind: Int] = [:]
        for layer in 0..<layerCount {
            do throws(CheckpointError) {
                guard try isMoE(layer: layer) else { continue }
                let kind = LayerKind(
                    description: try family.describe(configuration.layer(layer)),
                    fingerprint: fingerprint(ofLayer: layer))
                if let group = known[kind] {
                    groups[group].layers.append(layer)
                    continue
                }
                known[kind] = groups.count
                let (description, plan) = try plan(layer)
                groups.append(
                    CheckpointInspection.Group(
                        layers: [layer], summary: LayerSummary(description, plan), refusal: nil))
            } catch {
                groups.append(
                    CheckpointInspection.Group(layers: [layer], summary: nil, refusal: error))
            }
        }
        return groups
    }

    /// What all that a plan depends on comes to.
    private struct LayerKind: Hashable {
        let description: LayerDescription
        let fingerprint: LayerFingerprint
    }
}

extension Int {
    /// The sum, or the greatest integer where that is too small for it.
    func saturating(adding other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
