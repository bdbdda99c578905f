extension Checkpoint {
    /// A checkpoint of a model's folder: `config.json` and safetensors files.
    ///
    /// - Parameter directory: the folder.
    /// - Throws: what reading `config.json` and opening the tensors throws: `file`, `format`,
    ///   `configuration`, `tensor`; `unsupported` for a model of no known family or a quantised
    ///   one.
    public init(directory: String) throws(CheckpointError) {
        let file = directory + "/config.json"
        try self.init(
            configuration: ModelConfiguration(JSONValue(contentsOf: file), file: file),
            tensors: SafetensorsDirectory(opening: directory))
    }
}
