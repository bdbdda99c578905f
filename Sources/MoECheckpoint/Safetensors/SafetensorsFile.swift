/// One safetensors file, open for reading.
///
/// The header is read and checked at once, tensors when they are asked for. The file is untrusted:
/// whatever it holds, the worst is a `CheckpointError`. Data need not be aligned.
///
/// ```swift
/// let file = try SafetensorsFile(opening: "model.safetensors")
/// let gate = try file.tensor("model.layers.0.mlp.gate.weight")
/// ```
public struct SafetensorsFile: TensorSource {
    /// Free text that the writer left; usually `format`: `pt`.
    public var metadata: [String: String] { header.metadata }
    /// The file's path, as it was given.
    public var path: String { file.path }

    private let file: RegularFile
    let header: SafetensorsHeader
    private let dataOffset: Int

    /// Opens a file and checks its header.
    ///
    /// - Parameter path: a regular file, or a symbolic link to one.
    /// - Throws: `file` if it cannot be opened or read, `format` if it is not a valid safetensors
    ///   file.
    public init(opening path: String) throws(CheckpointError) {
        let file = try RegularFile(opening: path)
        guard file.byteCount >= 8 else {
            throw CheckpointError(
                .format, "\(path): \(file.byteCount) bytes, too short for a safetensors file")
        }
        let length = try file.bytes(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(SafetensorsHeader.byteLimit) else {
            throw CheckpointError(
                .format,
                "\(path): a header of \(length) bytes, at most \(SafetensorsHeader.byteLimit) allowed"
            )
        }
        let dataOffset = 8 + Int(length)
        guard dataOffset <= file.byteCount else {
            throw CheckpointError(
                .format,
                "\(path): a header of \(length) bytes in a file of \(file.byteCount)")
        }
        self.file = file
        self.dataOffset = dataOffset
        header = try SafetensorsHeader(
            parsing: file.bytes(8..<dataOffset), dataByteCount: file.byteCount - dataOffset,
            file: path)
    }

    /// The names of all tensors, in the order of the header.
    public var names: [String] { header.names.names }

    /// Type, shape and place of a tensor, or nil if there is none of that name.
    public func entry(_ name: String) -> TensorEntry? {
        var name = name
        return name.withUTF8 { entry($0) }
    }

    /// Type, shape and place of the tensor of a name in UTF-8, or nil if there is none.
    func entry(_ name: UnsafeBufferPointer<UInt8>) -> TensorEntry? {
        header.names.place(of: name).map {
            let entry = header.entry($0)
            return TensorEntry(
                type: entry.type, shape: header.shape($0), byteCount: entry.byteCount,
                file: file.path)
        }
    }

    /// A tensor's first byte, counted from the end of the header; nil if there is none of that name.
    func offset(of name: String) -> Int? {
        header.names.place(of: name).map { header.entry($0).offset }
    }

    /// Reads a part of a tensor's bytes into memory.
    ///
    /// - Parameters:
    ///   - name: the tensor.
    ///   - byteRange: which bytes of it, within `0..<entry.byteCount`.
    ///   - destination: where they go; exactly as long as the range.
    /// - Throws: `tensor` if there is none of that name or it has no such bytes, `file` if the file
    ///   cannot give them.
    public func read(
        _ name: String, bytes byteRange: Range<Int>, into destination: UnsafeMutableRawBufferPointer
    ) throws(CheckpointError) {
        guard let record = header.names.place(of: name).map({ header.entry($0) }) else {
            throw CheckpointError(.tensor, "\(file.path): \(name.printable): no such tensor")
        }
        guard byteRange.lowerBound >= 0, byteRange.upperBound <= record.byteCount,
            byteRange.count == destination.count
        else {
            throw CheckpointError(
                .tensor,
                "\(file.path): \(name.printable): bytes \(byteRange) of \(record.byteCount) cannot be read into \(destination.count) bytes"
            )
        }
        do {
            try file.read(
                at: dataOffset + record.offset + byteRange.lowerBound, into: destination)
        } catch {
            throw CheckpointError(error.code, "\(error.message) (tensor \(name.printable))")
        }
    }
}
