extension Checkpoint {
    /// A checkpoint of a model's folder: `config.json`, or Mistral's `params.json`, and safetensors
    /// files, and where a quantiser has left one, its description.
    ///
    /// - Parameters:
    ///   - directory: the folder; or a GGUF file or any of a model's parts, or a folder with them
    ///     and no `config.json`.
    ///   - part: which part's layers, of a model that has several: `vision`; nil for the first.
    ///   - mxfp4: how MXFP4 weights become int8.
    /// - Throws: what reading `config.json` and opening the tensors throws: `file`, `format`,
    ///   `configuration`, `tensor`; `unsupported` for a model of no known family or of a format
    ///   that is not read.
    public init(
        directory: String, part: String? = nil, mxfp4: MXFP4Form = .requantized
    ) throws(CheckpointError) {
        try self.init(filesOf: directory, part: part)
        weightFormat.mxfp4 = mxfp4
    }

    private init(filesOf directory: String, part: String?) throws(CheckpointError) {
        if let gguf = try Self.ggufFile(directory) {
            try self.init(gguf: gguf)
            _ = try ModelFamily.choose(part, of: [family], file: gguf)
            return
        }
        let configuration = try Self.configuration(of: directory)
        try self.init(
            configuration: configuration, tensors: SafetensorsDirectory(opening: directory),
            part: part, weightFormat: WeightFormat(configuration, directory: directory))
    }

    /// What a model's folder says of it: in `config.json`, else in Mistral's `params.json`.
    private static func configuration(
        of directory: String
    ) throws(CheckpointError) -> ModelConfiguration {
        let names = try Folder(opening: directory).names
        let file = directory + "/config.json", other = "\(directory)/\(MistralParameters.fileName)"
        guard names.contains("config.json") || !names.contains(MistralParameters.fileName) else {
            return try MistralParameters.configuration(JSONValue(contentsOf: other), file: other)
        }
        return try ModelConfiguration(JSONValue(contentsOf: file), file: file)
    }

    /// The GGUF file that a path stands for, or nil if it stands for a folder of safetensors.
    static func ggufFile(_ path: String) throws(CheckpointError) -> String? {
        if path.hasSuffix(".gguf") { return path }
        let folder = try Folder(opening: path)
        let files = folder.names.filter { $0.hasSuffix(".gguf") }
        guard let first = files.first, !folder.names.contains("config.json") else { return nil }
        // The parts of one model differ in their numbers alone.
        let models = Set(files.map { GGUFPartName($0)?.path(1) ?? $0 })
        guard models.count == 1 else {
            throw CheckpointError(
                .file,
                "\(folder.path): \(files.count) GGUF files, \(first) among them, wanted one or the "
                    + "parts of one model")
        }
        return folder.path(of: first)
    }
}
