/// A checkpoint's tensors by decoder layer, found by their names alone.
struct TensorIndex: Sendable {
    private let layers: [Int: LayerTensors]

    /// Sorts names into layers; names outside the decoder's layers are left out.
    ///
    /// - Parameter names: the full names of a checkpoint's tensors.
    /// - Throws: `tensor` for a layer index that is no canonical decimal, and for two names that
    ///   stand for the same tensor of a layer.
    init(names: some Sequence<String>) throws(CheckpointError) {
        // A model that speaks has a second decoder, whose layers would pass for those of the first.
        let hasThinker = names.contains { $0.hasPrefix("thinker.") }
        var layers: [Int: LayerTensors] = [:]
        for name in names where !(hasThinker && name.hasPrefix("talker.")) {
            guard let place = try LayerName(name) else { continue }
            try layers[place.layer, default: LayerTensors(layer: place.layer)]
                .insert(place.leaf, fullName: name)
        }
        self.layers = layers
    }

    /// The layers that the checkpoint holds anything of, ascending.
    var heldLayers: [LayerTensors] { layers.values.sorted { $0.layer < $1.layer } }

    /// The tensors of a layer; empty if the checkpoint has none.
    func layer(_ index: Int) -> LayerTensors {
        layers[index] ?? LayerTensors(layer: index)
    }
}

/// A tensor name taken apart: `model.layers.3.mlp.gate.weight` is `mlp.gate.weight` of layer 3.
package struct LayerName: Equatable {
    /// The decoder layer, from 0.
    package let layer: Int
    /// What follows the layer's index.
    package let leaf: String

    /// Takes a name apart, or gives nil for one outside the decoder's layers.
    ///
    /// - Parameter name: the full name.
    /// - Throws: `tensor` if the layer's index is no canonical decimal.
    package init?(_ name: String) throws(CheckpointError) {
        guard !Self.towers.contains(where: name.hasPrefix) else { return nil }
        var rest = Substring(name)
        for prefix in Self.prefixes where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
        }
        let parts = rest.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, Self.lists.contains(String(parts[0])) else { return nil }
        guard let layer = Int(canonicalDecimal: parts[1]) else {
            throw CheckpointError(
                .tensor, "\(name): layer index \"\(parts[1])\", wanted a canonical decimal")
        }
        self.layer = layer
        self.leaf = String(parts[2])
    }

    /// Vision and audio parts and prediction heads, whose layers are not the decoder's.
    private static let towers = [
        "visual.", "vision_tower.", "vision_model.", "vision_encoder.", "audio_tower.",
        "audio_encoder.", "model.visual.", "model.vision_", "model.audio_",
        "multi_modal_projector.", "mm_projector.", "mtp.",
    ]

    /// What may stand before the list of layers, in the order in which it is taken away.
    private static let prefixes = [
        "thinker.", "talker.", "model.language_model.", "language_model.model.", "model.llm.",
        "model.text_model.", "language_model.", "text_model.", "model.", "transformer.",
        "backbone.", "decoder.",
    ]

    /// What a list of layers is called.
    private static let lists: Set = ["layers", "blocks", "h", "block", "blk", "decoder_layer"]
}

extension Int {
    /// The value of decimal digits without sign or leading zeros; nil for anything else.
    init?(canonicalDecimal text: some StringProtocol) {
        let digits = text.utf8
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            digits.count == 1 || digits.first != UInt8(ascii: "0"), let value = Int(text)
        else { return nil }
        self = value
    }
}
