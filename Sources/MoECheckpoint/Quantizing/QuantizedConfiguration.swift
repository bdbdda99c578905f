/// The JSON files of a quantised checkpoint: what they say of it.
struct QuantizedConfiguration {
    private let format: QuantizedFormat
    private let pieces: [OutputPiece]

    /// What is to be said of a plan's tensors.
    init(_ pieces: [OutputPiece], format: QuantizedFormat) {
        self.pieces = pieces
        self.format = format
    }

    /// The new `config.json`.
    ///
    /// - Parameter old: the source's.
    /// - Returns: the same, with what it says of quantisation replaced.
    func configuration(_ old: JSONValue) -> JSONValue {
        var root = old.withoutQuantization
        switch format {
        case .compressedTensors: root["quantization_config"] = compressedTensors
        case .modelSlim: root["quantize"] = "w8a8_dynamic"
        }
        return .object(root)
    }

    /// The file that says which tensor is in which file; none is needed for one file.
    ///
    /// - Parameter shards: the files.
    /// - Returns: Hugging Face's index.
    func index(_ shards: [OutputShard]) -> JSONValue {
        var map = JSONObject()
        var size = 0
        for shard in shards {
            for piece in pieces[shard.pieces] {
                for tensor in piece.tensors { map[tensor.name] = .string(shard.name) }
                size += piece.byteCount
            }
        }
        return .object([
            "metadata": .object(["total_size": .integer(size)]), "weight_map": .object(map),
        ])
    }

    /// msmodelslim's description: the scheme of every tensor, by its name.
    var description: JSONValue {
        var schemes: JSONObject = ["model_quant_type": "W8A8_DYNAMIC", "version": "1.0.0"]
        for piece in pieces {
            let scheme: JSONValue = piece.isQuantized ? "W8A8_DYNAMIC" : "FLOAT"
            for tensor in piece.tensors { schemes[tensor.name] = scheme }
        }
        return .object(schemes)
    }

    // MARK: - compressed-tensors

    private var compressedTensors: JSONValue {
        let group: JSONObject = [
            "format": "int-quantized",
            "input_activations": arguments(strategy: "token", isDynamic: true),
            "output_activations": .null, "targets": ["Linear"],
            "weights": arguments(strategy: "channel", isDynamic: false),
        ]
        return .object([
            "config_groups": .object(["group_0": .object(group)]), "format": "int-quantized",
            "global_compression_ratio": .null, "ignore": .array(ignored.map(JSONValue.string)),
            "kv_cache_scheme": .null, "quant_method": "compressed-tensors",
            "quantization_status": "compressed",
        ])
    }

    private func arguments(strategy: String, isDynamic: Bool) -> JSONValue {
        .object([
            "actorder": .null, "block_structure": .null, "dynamic": .bool(isDynamic),
            "group_size": .null, "num_bits": 8, "observer": isDynamic ? .null : "minmax",
            "observer_kwargs": .object([:]), "strategy": .string(strategy), "symmetric": true,
            "type": "int",
        ])
    }

    /// The linear layers that stay floats: every matrix that is called a weight and is no int8.
    private var ignored: [String] {
        var names: [String] = []
        for piece in pieces where !piece.isQuantized {
            for tensor in piece.tensors where tensor.shape.count >= 2 {
                if let layer = tensor.name.linearLayer { names.append(layer) }
            }
        }
        // The head has no tensor where it shares the embedding's, and is a linear layer all the same.
        if !names.contains(where: { $0.hasSuffix("lm_head") }) { names.append("lm_head") }
        return names
    }
}

extension JSONValue {
    /// The members of a configuration, and of the text model's within, that say nothing of
    /// quantisation.
    fileprivate var withoutQuantization: JSONObject {
        var kept = JSONObject()
        for (key, value) in objectValue ?? JSONObject()
        where !["quantization_config", "compression_config", "quantize"].contains(key) {
            kept[key] = value.objectValue == nil ? value : .object(value.withoutQuantization)
        }
        return kept
    }
}
