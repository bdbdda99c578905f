/// What a checkpoint says of the form its weights are stored in.
///
/// Only what the tensors cannot say themselves counts: a weight's type and the tensors beside it
/// decide how it is read, so that a module which a quantiser has left alone needs no mention.
public struct WeightFormat: Sendable {
    /// The method's name as the checkpoint has it, `float` where it names none.
    public let name: String
    /// The shapes `[rows, columns]` that blocks with a scale may have.
    let blocks: [[Int]]
    /// GPTQ's settings.
    let gptq: GPTQParameters?
    /// msmodelslim's description.
    let description: ModelSlimDescription?
    /// How MXFP4 weights become int8.
    public var mxfp4 = MXFP4Form.requantized

    /// A format of its parts.
    init(
        _ name: String, blocks: [[Int]] = [], gptq: GPTQParameters? = nil,
        description: ModelSlimDescription? = nil
    ) {
        self.name = name
        self.blocks = blocks.isEmpty ? [[128, 128]] : blocks
        self.gptq = gptq
        self.description = description
    }

    /// Weights that nothing says to be quantised.
    static let float = WeightFormat("float")

    /// The weights of a GGUF file, each of a type of its own.
    static let gguf = WeightFormat("gguf")

    /// Whether the checkpoint says that it is quantised.
    public var isQuantized: Bool { name != WeightFormat.float.name }

    /// The format that msmodelslim's description file stands for.
    ///
    /// - Parameters:
    ///   - description: `quant_model_description.json`, parsed.
    ///   - file: the file, as errors name it.
    /// - Throws: `format` if it is not an object.
    public init(
        modelSlim description: JSONValue, file: String = "quant_model_description.json"
    ) throws(CheckpointError) {
        self.init(
            "msmodelslim", description: try ModelSlimDescription(description, file: file))
    }

    /// The format of a model's folder: by msmodelslim's description, else by the configuration,
    /// else by ModelOpt's `hf_quant_config.json`.
    ///
    /// - Parameters:
    ///   - configuration: what `config.json` says.
    ///   - directory: the folder.
    /// - Throws: `file` for a folder with two descriptions or a file that cannot be read, `format`
    ///   for one that is no JSON object, and what ``init(_:)`` throws.
    init(_ configuration: ModelConfiguration, directory: String) throws(CheckpointError) {
        let folder = try Folder(opening: directory)
        var descriptions = folder.names.filter(ModelSlimDescription.isName)
        if descriptions.contains("quant_model_description.json") {
            descriptions = ["quant_model_description.json"]
        }
        guard descriptions.count < 2 else {
            throw CheckpointError(
                .file,
                "\(folder.path): \(descriptions[0]) and \(descriptions[1]), wanted one of them")
        }
        if let name = descriptions.first {
            let path = folder.path(of: name)
            // A line per tensor: as long as an index of shards may be.
            let limits = JSONLimits(byteCount: 256 << 20)
            try self.init(modelSlim: JSONValue(contentsOf: path, limits: limits), file: path)
            return
        }
        let format = try WeightFormat(configuration)
        let modelOpt = "hf_quant_config.json"
        guard !format.isQuantized, folder.names.contains(modelOpt) else {
            self = format
            return
        }
        let path = folder.path(of: modelOpt)
        let settings = try ModelConfiguration(JSONValue(contentsOf: path), file: path)
        self = try settings.modelOptFormat(at: "quantization")
    }
}
