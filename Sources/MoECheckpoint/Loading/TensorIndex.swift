/// A checkpoint's tensors by decoder layer, found by their names alone.
///
/// The tables of a layer are made when it is asked for: a model may have a million tensors.
struct TensorIndex: Sendable {
    /// Tensors of one layer whose names begin alike.
    struct Run: Sendable {
        /// What they begin with, up to and with the layer's index: `model.layers.3.`.
        let prefix: String
        /// Their places among the checkpoint's names.
        var places: [UInt32] = []
    }

    /// The names of all tensors.
    let table: NameTable
    /// The tensors of every layer; of more than one run where names differ before the layer.
    let runs: [Int: [Run]]

    /// Sorts a checkpoint's tensors into layers; those outside the decoder's layers are left out.
    ///
    /// A model that speaks has a second decoder, whose layers would pass for those of the first.
    ///
    /// - Parameters:
    ///   - source: the checkpoint.
    ///   - prefix: what the names of the decoder begin with; where none does, all count.
    /// - Throws: `tensor` for a layer index that is no canonical decimal, and for two names that
    ///   stand for the same tensor of a layer.
    init(
        _ source: any TensorSource, under prefix: String = "thinker."
    ) throws(CheckpointError) {
        let table = (source as? any NumberedTensors)?.table ?? NameTable(source.names)
        let hasPrefix = (0..<table.count).contains { table.hasPrefix(prefix.utf8, $0) }
        var runs: [Run] = []
        var layers: [String: (layer: Int, run: Int)] = [:]
        var last: (prefix: [UInt8], run: Int)?
        for place in 0..<table.count {
            // Neighbours are of the same layer as a rule, and then comparing is enough.
            if let last, table.hasPrefix(last.prefix, place) {
                runs[last.run].places.append(UInt32(place))
                continue
            }
            let name = table[place]
            guard !hasPrefix || name.hasPrefix(prefix), let parts = try LayerName(name) else {
                continue
            }
            let prefix = String(decoding: name.utf8.dropLast(parts.leaf.utf8.count), as: UTF8.self)
            let run = layers[prefix]?.run ?? runs.count
            if run == runs.count {
                layers[prefix] = (parts.layer, run)
                runs.append(Run(prefix: prefix))
            }
            runs[run].places.append(UInt32(place))
            last = (Array(prefix.utf8), run)
        }
        self.table = table
        self.runs = Dictionary(grouping: layers.values) { $0.layer }
            .mapValues { $0.map { runs[$0.run] } }
        // The names of one run differ in their bytes, and yet may be the same text.
        let isASCII = table.isASCII
        for (layer, several) in self.runs where several.count > 1 || !isASCII {
            _ = try tensors(layer, several)
        }
    }

    /// The layers that the checkpoint holds anything of, ascending.
    var heldLayers: [Int] { runs.keys.sorted() }

    /// Whether a layer has a tensor of a name.
    func holds(_ leaf: String, inLayer layer: Int) -> Bool {
        runs[layer]?.contains { table.place(of: $0.prefix + leaf) != nil } ?? false
    }

    /// The tensors of a layer; empty if the checkpoint has none.
    func layer(_ index: Int) -> LayerTensors {
        // Two names for one tensor have been refused.
        (try? tensors(index, runs[index] ?? [])) ?? LayerTensors(layer: index)
    }

    private func tensors(_ layer: Int, _ runs: [Run]) throws(CheckpointError) -> LayerTensors {
        var tensors = LayerTensors(layer: layer)
        for run in runs {
            for place in run.places {
                let name = table[Int(place)]
                let leaf = name.utf8.dropFirst(run.prefix.utf8.count)
                try tensors.insert(String(decoding: leaf, as: UTF8.self), fullName: name)
            }
        }
        return tensors
    }
}

/// A checkpoint whose tensors have numbers, by which they can be had without a string for each.
protocol NumberedTensors: TensorSource {
    /// The names of all tensors.
    var table: NameTable { get }

    /// Type, shape and place of the tensor at a place of ``table``, or nil if it cannot be had.
    func entry(at place: Int) -> TensorEntry?
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
