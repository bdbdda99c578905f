/// What stands beside a model's weights and belongs to it: tokeniser, templates, code, licence.
struct CompanionFiles {
    /// The files that are copied as they are.
    let copied: [String]
    private let folder: Folder

    /// Endings of files of weights, and of what only those mean.
    private static let weightEndings = [
        ".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json", ".pt", ".pth",
        ".gguf", ".h5", ".msgpack", ".onnx", ".onnx_data",
    ]

    /// Finds the files in a model's folder; hidden ones, and what is no regular file, are left out.
    ///
    /// - Parameter path: the folder.
    /// - Throws: `file` if it cannot be listed.
    init(in path: String) throws(CheckpointError) {
        let folder = try Folder(opening: path)
        copied = folder.names.filter { name in
            !name.hasPrefix(".") && name != "config.json" && name != "hf_quant_config.json"
                && !ModelSlimDescription.isName(name)
                && !Self.weightEndings.contains(where: name.hasSuffix)
                && folder.isRegularFile(name)
        }
        self.folder = folder
    }

    /// Copies the files.
    ///
    /// - Parameter destination: the folder to copy them to.
    /// - Throws: `file` for one that cannot be read or written, or that is no regular file.
    func copy(to destination: String) throws(CheckpointError) {
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        for name in copied {
            let source = try RegularFile(opening: folder.path(of: name))
            let file = try PlacedFile(creating: "\(destination)/\(name)")
            for first in stride(from: 0, to: source.byteCount, by: bytes.count) {
                let count = min(bytes.count, source.byteCount - first)
                let result = bytes.withUnsafeMutableBytes { bytes in
                    Result { () throws(CheckpointError) in
                        let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
                        try source.read(at: first, into: part)
                        try file.write(UnsafeRawBufferPointer(part), at: first)
                    }
                }
                try result.get()
            }
            try file.commit()
        }
    }
}
