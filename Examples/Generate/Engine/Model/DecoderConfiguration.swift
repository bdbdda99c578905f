import MoECheckpoint

/// What `config.json` says of a decoder around its experts.
///
/// The experts' own numbers are read by the library.
public struct DecoderConfiguration: Sendable {
    /// The architectures this engine has the attention of.
    public enum Architecture: String, CaseIterable, Sendable {
        /// Norms of every query and key head; dense layers among the others where it says so.
        case qwen3MoE = "qwen3_moe"
        /// No norms of queries and keys.
        case mixtral
        /// Norms of all query heads as one row, and of all key heads.
        case olmoe
    }

    /// The model's architecture.
    public let architecture: Architecture
    /// D: the width of a hidden state.
    public let hiddenSize: Int
    /// How many layers there are.
    public let layerCount: Int
    /// How many tokens there are.
    public let vocabularySize: Int
    /// Heads of queries.
    public let queryHeads: Int
    /// Heads of keys and values.
    public let keyValueHeads: Int
    /// The width of a head.
    public let headWidth: Int
    /// The width of a dense layer between its projections.
    public let denseWidth: Int
    /// How many positions the model was made for.
    public let positions: Int
    /// How many positions a token sees, itself included; nil for all.
    public let window: Int?
    /// The token that begins a text, if there is one.
    public let firstToken: Int?
    /// The tokens that end a text.
    public let lastTokens: [Int]
    let epsilon: Float
    let ropeTheta: Float
    let sharesEmbedding: Bool
    let attentionLimit: Float?

    /// Reads a configuration.
    ///
    /// - Parameters:
    ///   - json: `config.json`, parsed.
    ///   - file: the file, as errors name it.
    /// - Throws: `unsupported` for a model that this engine does not run, `configuration` for a
    ///   key that is missing or holds what no model has.
    init(_ json: JSONValue, file: String) throws(CheckpointError) {
        let keys = ConfigurationKeys(json: json, file: file)
        let type = try keys.word("model_type")
        guard let architecture = Architecture(rawValue: type) else {
            throw keys.unsupported(
                "model_type",
                Architecture.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))
        }
        self.architecture = architecture
        hiddenSize = try keys.integer("hidden_size")
        layerCount = try keys.integer("num_hidden_layers")
        vocabularySize = try keys.integer("vocab_size")
        queryHeads = try keys.integer("num_attention_heads")
        keyValueHeads = try keys.integer("num_key_value_heads", default: queryHeads)
        headWidth = try keys.integer("head_dim", default: hiddenSize / queryHeads)
        denseWidth = try keys.integer("intermediate_size")
        positions = try keys.integer("max_position_embeddings")
        firstToken = try keys.tokens("bos_token_id").first
        lastTokens = try keys.tokens("eos_token_id")
        epsilon = try keys.number("rms_norm_eps")
        ropeTheta = try keys.number("rope_theta", within: "rope_parameters")
        sharesEmbedding = try keys.flag("tie_word_embeddings", default: false)
        attentionLimit = try keys.optionalNumber("clip_qkv")
        let ignoresWindow =
            architecture == .qwen3MoE ? try !keys.flag("use_sliding_window", default: false) : false
        window = ignoresWindow ? nil : try keys.optionalInteger("sliding_window")

        guard queryHeads % keyValueHeads == 0, headWidth % 2 == 0 else {
            throw CheckpointError(
                .configuration,
                "\(file): \(queryHeads) query heads of \(headWidth) over \(keyValueHeads) key heads, "
                    + "wanted a multiple of them, of an even width")
        }
        if try keys.flag("attention_bias", default: false) {
            throw keys.unsupported("attention_bias", "false")
        }
        if try keys.word("hidden_act", default: "silu") != "silu" {
            throw keys.unsupported("hidden_act", "\"silu\"")
        }
        try keys.checkRotaryEmbedding()
    }
}
