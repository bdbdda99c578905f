import MoE
import MoECheckpoint

extension Decoder {
    /// Loads a model's folder.
    ///
    /// - Parameters:
    ///   - directory: `config.json` and safetensors, as they are published.
    ///   - experts: what computes the experts.
    /// - Throws: `CheckpointError` for a folder that is no model, or a model that this engine does
    ///   not run; `MoEError` for a backend that is not there.
    public init(directory: String, experts: ExpertChoice = ExpertChoice()) throws {
        let file = directory + "/config.json"
        let model = try DecoderConfiguration(JSONValue(contentsOf: file), file: file)
        let checkpoint = try Checkpoint(directory: directory)
        let reader = WeightReader(source: try SafetensorsDirectory(opening: directory))

        let embedding = try reader.linear(
            "model.embed_tokens", model.vocabularySize, model.hiddenSize)
        let head =
            model.sharesEmbedding
            ? embedding : try reader.linear("lm_head", model.vocabularySize, model.hiddenSize)
        var firstBlock: MoEBlock?
        let layers = try (0..<model.layerCount).map { index in
            let layer = try DecoderLayer(
                index, of: model, reader: reader, checkpoint: checkpoint, experts: experts)
            firstBlock = firstBlock ?? layer.feedForward.block
            return layer
        }
        guard let firstBlock else {
            throw CheckpointError(.unsupported, "\(file): no layer is MoE, wanted at least one")
        }
        self.init(
            configuration: model, checkpoint: checkpoint, experts: experts,
            embedding: embedding.weight, layers: layers, firstBlock: firstBlock,
            norm: try reader.norm("model.norm", model.hiddenSize, epsilon: model.epsilon),
            head: head)
    }

    /// The same decoder with its experts loaded anew, in another form or for another backend.
    ///
    /// - Parameter experts: what computes the experts.
    /// - Returns: the decoder; all other weights are shared with this one.
    /// - Throws: what loading throws.
    public func loading(_ experts: ExpertChoice) throws -> Decoder {
        var decoder = self
        decoder.experts = experts
        for index in layers.indices {
            guard layers[index].feedForward.block != nil else { continue }
            let block = try experts.block(of: index, in: checkpoint)
            decoder.layers[index].feedForward = .experts(block)
            decoder.firstBlock = block
        }
        return decoder
    }
}

extension Decoder {
    /// The same decoder with the experts of one layer replaced, by a block of the same sizes.
    func replacing(layer: Int, by block: MoEBlock) -> Decoder {
        var decoder = self
        decoder.layers[layer].feedForward = .experts(block)
        return decoder
    }
}

extension DecoderLayer {
    /// Reads a layer: attention and norms here, experts by the library.
    init(
        _ index: Int, of model: DecoderConfiguration, reader: WeightReader,
        checkpoint: Checkpoint, experts: ExpertChoice
    ) throws {
        let name = "model.layers.\(index)", width = model.hiddenSize
        func norm(_ module: String, _ width: Int) throws -> RMSNorm {
            try reader.norm("\(name).\(module)", width, epsilon: model.epsilon)
        }
        func linear(_ module: String, _ outputs: Int, _ inputs: Int) throws -> Linear {
            try reader.linear("\(name).\(module)", outputs, inputs)
        }
        let queryWidth = model.queryHeads * model.headWidth
        let keyWidth = model.keyValueHeads * model.headWidth
        let normWidths: (query: Int, key: Int)? =
            switch model.architecture {
            case .qwen3MoE: (model.headWidth, model.headWidth)
            case .olmoe: (queryWidth, keyWidth)
            case .mixtral: nil
            }
        attentionNorm = try norm("input_layernorm", width)
        attention = Attention(
            query: try linear("self_attn.q_proj", queryWidth, width),
            key: try linear("self_attn.k_proj", keyWidth, width),
            value: try linear("self_attn.v_proj", keyWidth, width),
            output: try linear("self_attn.o_proj", width, queryWidth),
            queryNorm: try normWidths.map { try norm("self_attn.q_norm", $0.query) },
            keyNorm: try normWidths.map { try norm("self_attn.k_norm", $0.key) },
            limit: model.attentionLimit, window: model.window, heads: model.keyValueHeads,
            queriesPerHead: model.queryHeads / model.keyValueHeads, headWidth: model.headWidth)
        feedForwardNorm = try norm("post_attention_layernorm", width)
        feedForward =
            if try checkpoint.isMoE(layer: index) {
                .experts(try experts.block(of: index, in: checkpoint))
            } else {
                .dense(
                    DenseNetwork(
                        gate: try linear("mlp.gate_proj", model.denseWidth, width),
                        up: try linear("mlp.up_proj", model.denseWidth, width),
                        down: try linear("mlp.down_proj", width, model.denseWidth)))
            }
    }
}
