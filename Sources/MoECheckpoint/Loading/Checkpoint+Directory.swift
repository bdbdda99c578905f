extension Checkpoint {
    /// A checkpoint of a model's folder: `config.json` and safetensors files, and where a
    /// quantiser has left one, its description.
    ///
    /// - Parameter directory: the folder.
    /// - Throws: what reading `config.json` and opening the tensors throws: `file`, `format`,
    ///   `configuration`, `tensor`; `unsupported` for a model of no known family or of a format
    ///   that is not read.
    public init(directory: String) throws(CheckpointError) {
        let file = directory + "/config.json"
        let configuration = try ModelConfiguration(JSONValue(contentsOf: file), file: file)
        try self.init(
            configuration: configuration, tensors: SafetensorsDirectory(opening: directory),
            weightFormat: WeightFormat(configuration, directory: directory))
    }
}
