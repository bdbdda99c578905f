internal import MoE

/// What a packed file holds and where: the JSON at its end.
struct PackedDirectory: Sendable {
    /// The form of all panels.
    var format: PanelFormat
    /// What the model's configuration calls its architecture.
    var modelType: String
    /// The files that it was made from; nil for a model that was in no files.
    var source: SourceFiles?
    /// The MoE layers, ascending.
    var layers: [PackedLayer]
}

/// One layer of a packed file.
struct PackedLayer: Sendable {
    /// The layer, from 0.
    var layer: Int
    /// Whether a routing weight multiplies its expert's input, in place of its output.
    var weightsInput: Bool
    /// The router.
    var router: PackedRouter
    /// The routed experts.
    var routed: PackedExpertSet
    /// The expert every token goes through, if there is one.
    var shared: PackedShared?
}

/// A router of a packed file: its configuration, and its parameters' places.
struct PackedRouter: Sendable {
    /// How logits become (expert, weight) pairs.
    var configuration: RouterConfiguration
    /// E: its rows, identity experts included.
    var expertCount: Int
    /// `[E, D]` float32.
    var weight: PackedSection
    /// `[E]` float32 each.
    var logitBias: PackedSection?
    var correctionBias: PackedSection?
    var expertScale: PackedSection?
    /// `[V, k]` int32.
    var expertsOfToken: PackedSection?
    /// The ε of the norm of its input.
    var inputNormEpsilon: Float?
}

/// Packed experts of one shape.
struct PackedExpertSet: Sendable {
    /// The sizes.
    var shape: ExpertShape
    /// Whether any of them has a bias.
    var hasGateUpBias: Bool
    var hasDownBias: Bool
    /// What happens between the projections.
    var activation: Activation
    /// The panels of all experts, one expert after the other.
    var panels: PackedSection
    /// Their scales and biases.
    var factors: PackedSection
}

/// The shared expert of a packed file.
struct PackedShared: Sendable {
    /// One expert.
    var experts: PackedExpertSet
    /// `[D]` float32.
    var gate: PackedSection?
    /// What its output is multiplied by.
    var scale: Float
}

/// Bytes of a packed file.
struct PackedSection: Sendable, Equatable {
    /// The first byte.
    var offset: Int
    /// How many bytes.
    var byteCount: Int
    /// How many parts of equal size they are hashed in: one per expert.
    var parts: Int
    /// XXH64: of the bytes, or where there are more parts, of the parts' hashes.
    var hash: UInt64

    /// What a section begins at a multiple of.
    static let alignment = 4096
    /// What panels begin at a multiple of: a huge page.
    static let panelAlignment = 2 << 20

    /// The bytes' places in the file.
    var range: Range<Int> { offset..<offset + byteCount }
}

extension PackedLayer {
    /// All sections, each with what it is called in errors.
    var sections: [(name: String, section: PackedSection)] {
        var sections: [(String, PackedSection?)] = [
            ("the router's weights", router.weight), ("the router's bias", router.logitBias),
            ("the router's correction", router.correctionBias),
            ("the scales of experts", router.expertScale),
            ("the experts by token", router.expertsOfToken),
            ("the experts' panels", routed.panels), ("the experts' factors", routed.factors),
        ]
        if let shared {
            sections += [
                ("the shared expert's panels", shared.experts.panels),
                ("the shared expert's factors", shared.experts.factors),
                ("the shared expert's gate", shared.gate),
            ]
        }
        return sections.compactMap { name, section in section.map { (name, $0) } }
    }
}

extension PackedDirectory {
    /// Checks that sections lie in the file's data, at their alignment, and not in each other.
    ///
    /// - Parameters:
    ///   - end: where the directory begins.
    ///   - file: the file, as errors name it.
    /// - Throws: `format`, naming the section that does not.
    func checkSections(before end: Int, file: String) throws(CheckpointError) {
        let all = layers.flatMap { layer in
            layer.sections.map { (layer: layer.layer, name: $0.name, section: $0.section) }
        }
        var free = PackedPreamble.byteCount
        for (layer, name, section) in all.sorted(by: { $0.section.offset < $1.section.offset }) {
            guard section.offset >= free, section.offset <= end,
                section.byteCount <= end - section.offset,
                section.offset % PackedSection.alignment == 0
            else {
                throw CheckpointError(
                    .format,
                    "\(file): damaged packed file: layer \(layer): \(name) are \(section.byteCount) "
                        + "bytes from \(section.offset), wanted a multiple of "
                        + "\(PackedSection.alignment) within \(free)...\(end)")
            }
            free = section.offset + section.byteCount
        }
    }
}
